import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { LATE_MS } from "./deadline.ts";

/** Notices that our own process did not run for a while: stopped, swapped out, or blocked by a long computation. */
export interface LoopWatch {
  /** Something waits for an answer from now on; it is watched until `leave`. */
  enter(): void;
  leave(): void;
  /** Whether the process was stalled at any time since then. */
  stalledSince(then: Ms): boolean;
}

const BEAT_MS: Ms = 50;

/** Watches the loop while anything is entered; each stall is told with its length. */
export function createLoopWatch(clock: Clock, stalled: (ms: Ms) => void): LoopWatch {
  let waiting = 0;
  let beatDue: Ms | null = null;
  let lastStall: Ms = Number.NEGATIVE_INFINITY;

  function beat(): void {
    const now = clock.now();
    const lateMs = beatDue === null ? 0 : now - beatDue;
    if (lateMs > LATE_MS) {
      lastStall = now;
      stalled(lateMs);
    }
    // Whole multiples, so that the beat shares its turn of the loop with the probes that are due then.
    beatDue = waiting > 0 ? (Math.floor(now / BEAT_MS) + 1) * BEAT_MS : null;
    if (beatDue !== null) clock.at(beatDue, beat);
  }
  return {
    enter() {
      waiting += 1;
      if (beatDue === null) beat();
    },
    leave() {
      waiting -= 1;
    },
    stalledSince(then) {
      return lastStall >= then || (beatDue !== null && clock.now() - beatDue > LATE_MS);
    },
  };
}
