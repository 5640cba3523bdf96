import type { Log } from "../contract.ts";
import type { Verdict } from "../core/types.ts";
import type { Observer } from "../engine/inside.ts";

const words = (verdict: Verdict | null): string => {
  if (verdict === null) return "none";
  const order = verdict.order === null ? "" : ` (${verdict.order})`;
  return verdict.state === "up" && verdict.weight < 100 ? `up ${verdict.weight}%${order}` : `${verdict.state}${order}`;
};

/** One line a change of a verdict: which target, what it was, what it is, why. */
export const verdictLines = (log: Log): Observer => ({
  changed(pool, target, was, now) {
    const level = was?.state === "up" && now?.state === "down" ? "warn" : "info";
    const why = now === null ? "it has left the pool" : now.reason;
    log(level, `${pool}/${target}: ${words(was)} -> ${words(now)}: ${why}`);
  },
});
