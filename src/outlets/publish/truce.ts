import type { Entry } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";

const TRUCE_MS = 10_000;

/** Ends a war of two writers: whoever finds his own write undone waits before he tries again. */
export interface Truce {
  wrote(values: ReadonlyMap<string, string>, now: Ms): void;
  /** What is there is right, whoever wrote it: replacing that later is no war. */
  kept(found: ReadonlyMap<string, Entry>): void;
  /** When we may write again; null: now. */
  holdUntil(found: ReadonlyMap<string, Entry>, now: Ms): Ms | null;
}

/** Makes the memory of one publication's own writes. */
export function createTruce(): Truce {
  let last: { readonly values: ReadonlyMap<string, string>; readonly at: Ms } | null = null;
  const isUndone = (found: ReadonlyMap<string, Entry>): boolean =>
    last !== null && [...last.values].some(([key, value]) => found.has(key) && found.get(key)?.value !== value);
  return {
    wrote(values, now) {
      last = { values, at: now };
    },
    kept(found) {
      if (isUndone(found)) last = null;
    },
    holdUntil(found, now) {
      // Replacing what we wrote ourselves is no war, and neither is writing what somebody deleted.
      if (last === null || !isUndone(found)) return null;
      return now - last.at >= TRUCE_MS ? null : last.at + TRUCE_MS;
    },
  };
}
