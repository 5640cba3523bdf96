import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";

/** A steady time as wall time: `2026-01-02T03:04:05.678Z`. */
export function isoAt(clock: Clock, at: Ms): string {
  const wall = at - clock.now() + clock.wall();
  // Times of the configuration can be "never"; a date has an end.
  return new Date(Math.min(8.64e15, Math.max(-8.64e15, wall))).toISOString();
}

/** The same; null stays null. */
export const isoOrNull = (clock: Clock, at: Ms | null): string | null => (at === null ? null : isoAt(clock, at));
