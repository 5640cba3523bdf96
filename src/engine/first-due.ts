import type { Clock } from "../contract.ts";
import { firstDue } from "../core/timing.ts";
import type { Ms } from "../core/types.ts";

const GOLDEN = 0.618_033_988_749_895;
const GRID_MS: Ms = 50;
/** A start of few targets need not be spread far. */
const EACH_MS: Ms = 4;
const PLACES = 1000;

/** Says when first probes are due. */
export interface FirstDue {
  /** So many targets are about to start in all. */
  expect(targets: number): void;
  /** The due time of one of `crowd` targets that the start of the process brings; null: the process runs, so at once. */
  of(everyMs: Ms, crowd: number | null): Ms;
}

/** Spreads first probes at process start over a second at most. */
export function createFirstDue(clock: Clock): FirstDue {
  let expected = 0;
  let count = 0;
  return {
    expect(targets) {
      expected = targets;
    },
    of(everyMs, crowd) {
      const now = clock.now();
      if (crowd === null) return now;
      const spanMs = Math.min(everyMs, EACH_MS * Math.max(expected, crowd));
      if (spanMs <= GRID_MS) return now;
      // Steps of the golden ratio keep any number of probes evenly apart, in whatever order pools and sources bring them.
      count += 1;
      return Math.ceil(firstDue(((count * GOLDEN) % 1) * PLACES, PLACES, spanMs, now) / GRID_MS) * GRID_MS;
    },
  };
}
