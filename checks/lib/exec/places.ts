import { OwnFault } from "../../../src/index.ts";
import { onAbort } from "../abort.ts";

interface Waiter {
  readonly limit: number;
  readonly start: () => void;
}

/** Places for running programs: who comes first starts first, as far as its own limit lets it. */
export interface Places {
  /** Resolves with how to leave; an abort while waiting is our own fault, not the target's. */
  enter(limit: number, signal: AbortSignal): Promise<() => void>;
  readonly taken: () => number;
}

/** Makes places; those of the process are `places`. */
export function createPlaces(): Places {
  let taken = 0;
  const waiting = new Set<Waiter>();

  const leave = (): void => {
    taken -= 1;
    for (const waiter of waiting) {
      if (taken < waiter.limit) {
        waiting.delete(waiter);
        waiter.start();
      }
    }
  };
  const take = (): (() => void) => {
    taken += 1;
    let left = false;
    return () => {
      if (left) return;
      left = true;
      leave();
    };
  };
  return {
    taken: () => taken,
    enter: (limit, signal) =>
      new Promise((resolve, reject) => {
        if (taken < limit) {
          resolve(take());
          return;
        }
        let forget = (): void => {};
        const start = (): void => {
          forget();
          resolve(take());
        };
        const waiter = { limit, start };
        waiting.add(waiter);
        forget = onAbort(signal, () => {
          waiting.delete(waiter);
          const why = `${taken} check programs run, max_children is ${limit}: no place for another`;
          reject(new OwnFault(why, { cause: signal.reason }));
        });
      }),
  };
}

/** The places of this process. */
export const places = createPlaces();
