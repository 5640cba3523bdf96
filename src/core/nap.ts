import type { Memory, Ms, PoolPolicy } from "./types.ts";

/** A time in which nothing at all reached a pool, as the process was frozen: evidence cannot be renewed while nobody asks. */
export interface Nap {
  readonly ms: Ms;
  /** Until then everybody can have answered again. */
  readonly until: Ms;
}

/** A wake-up that comes so much late shows that the process did not run. */
const LATE_MS: Ms = 50;

/** The nap that is being slept off, given when the pool wanted to be woken and when anything last reached it. */
export function napAt(at: Ms, wakeAt: Ms | null, last: Ms, nap: Nap | null, settleMs: Ms): Nap | null {
  // One at a time: where every wake-up is late, the process is only slow.
  if (nap !== null) return at >= nap.until ? null : nap;
  return wakeAt !== null && at > wakeAt + LATE_MS ? { ms: at - last, until: at + settleMs } : null;
}

/** The rules right after a nap: what was agreed before it lasts as much longer. */
export function rulesAfter(nap: Nap | null, policy: PoolPolicy): PoolPolicy {
  return nap === null ? policy : { ...policy, witnessAgeMs: policy.witnessAgeMs + nap.ms };
}

/** The memory right after a nap: a hand-over goes on from where it stood, as HAProxy heard nothing in the meantime. */
export function memoryAfter({ ms }: Nap, last: Ms, memory: Memory): Memory {
  const { handoverUntil } = memory;
  return handoverUntil === null || handoverUntil <= last ? memory : { ...memory, handoverUntil: handoverUntil + ms };
}
