import type { Policy, PoolPolicy } from "./types.ts";

/** The numbers of a check that configures none. */
export const defaultPolicy: Policy = {
  everyMs: 2000,
  fastMs: 250,
  timeoutMs: 1000,
  rise: 2,
  fall: 3,
  fallForMs: 0,
  maxAgeMs: 1000,
  waitMs: -1,
  cron: null,
  first: "at_once",
};

/** The rules of a pool that configures none. */
export const defaultPoolPolicy: PoolPolicy = {
  role: "readers",
  require: "all",
  fallback: false,
  atLeast: { count: 1 },
  whenNoneFit: "all",
  margin: 0.2,
  witness: "prefer",
  witnessAgeMs: 10_000,
  staleMs: 6000,
  unknownMs: 1_800_000,
  settleMs: 1750,
  ownsAdmin: false,
  rampMs: 0,
  haproxyWeight: null,
  handoverMs: 10_000,
  weight: null,
  brake: null,
  damping: null,
};
