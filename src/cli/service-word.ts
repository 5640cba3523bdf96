/** What the daemon tells `checkd start` once everything listens, whatever its log shows. */
export const RUNS = "checkd runs";
