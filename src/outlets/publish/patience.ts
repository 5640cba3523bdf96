import type { Entry } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";

const WINDOW_MS = 60_000;
const AT_ONCE = 5;
const PAUSE_MS = 10_000;

/** Keys that are left as somebody else made them for now, and until when. */
export interface Hold {
  readonly keys: ReadonlySet<string>;
  readonly until: Ms;
}

/** Puts right what somebody else changes: a few times at once, then once in ten seconds, so that two writers make no load. */
export interface Patience {
  wrote(keys: readonly string[], wanted: ReadonlyMap<string, string>): void;
  /** Of the keys that are to be written those that must wait; null: none. */
  hold(
    keys: readonly string[],
    wanted: ReadonlyMap<string, string>,
    found: ReadonlyMap<string, Entry>,
    now: Ms,
  ): Hold | null;
}

/** Makes the memory of one publication's own writes. */
export function createPatience(): Patience {
  const written = new Map<string, string>();
  let tries: readonly Ms[] = [];
  return {
    wrote(keys, wanted) {
      for (const key of keys) written.set(key, wanted.get(key) ?? "");
    },
    hold(keys, wanted, found, now) {
      const isUndone = (key: string): boolean => {
        const value = found.get(key)?.value;
        return value !== undefined && value !== wanted.get(key) && written.get(key) === wanted.get(key);
      };
      const undone = keys.filter(isUndone);
      if (undone.length === 0) return null;
      tries = tries.filter((at) => now - at < WINDOW_MS);
      const last = tries.at(-1);
      if (last === undefined || tries.length < AT_ONCE || now - last >= PAUSE_MS) {
        tries = [...tries, now];
        return null;
      }
      return { keys: new Set(undone), until: last + PAUSE_MS };
    },
  };
}
