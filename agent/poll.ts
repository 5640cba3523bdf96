import type { Ms, Policy, Row } from "../src/index.ts";

/** Wait of a peer whose polls are not known yet. */
export const WAIT_UNKNOWN_MS: Ms = 200;
/** Longest wait that `auto` comes to. */
export const WAIT_MOST_MS: Ms = 1000;

/** A row is young for this part of its `max_age`. */
const YOUNG = 8;

/** What is known of the peer that polls. */
export interface PeerHabit {
  /** Shortest of its last gaps between an answer and its next poll; null until there was one. */
  readonly shortestGapMs: Ms | null;
  /** It hung up on a late answer in the last ten minutes. */
  readonly impatient: boolean;
}

/** Some check of the row is older than its `max_age`. */
export function isOld(row: Row, checks: readonly Policy[], now: Ms): boolean {
  for (let at = 0; at < checks.length; at++) {
    const seenAt = row.health[at]?.observedAt ?? null;
    if (seenAt === null || now - seenAt >= (checks[at]?.maxAgeMs ?? 0)) return true;
  }
  return false;
}

/** Some check of the row is on its way to its `max_age`: whoever asks regularly must know that somebody polls. */
export function isAging(row: Row, checks: readonly Policy[], now: Ms): boolean {
  for (let at = 0; at < checks.length; at++) {
    const { maxAgeMs = Number.POSITIVE_INFINITY } = checks[at] ?? {};
    if (now - (row.health[at]?.observedAt ?? now) >= maxAgeMs / YOUNG) return true;
  }
  return false;
}

/** A change of the row is being confirmed. */
export function isPending(row: Row): boolean {
  for (const health of row.health) if (health.pending) return true;
  return false;
}

/** Nothing is to be asked: every check was observed within its `max_age`, and no change is being confirmed. */
export const isSettled = (row: Row, checks: readonly Policy[], now: Ms): boolean =>
  !isPending(row) && !isOld(row, checks, now);

/** Longest time a poll of this peer may wait, from `wait` of the pool (-1: auto). */
export function longestWait(waitMs: Ms, habit: PeerHabit): Ms {
  if (habit.impatient) return 0;
  if (waitMs >= 0) return waitMs;
  return habit.shortestGapMs === null ? WAIT_UNKNOWN_MS : Math.min(WAIT_MOST_MS, habit.shortestGapMs / 3);
}

/**
 * Longest time a poll waits for a row that is being probed. A standing `down` does not wait: nothing worse can come, and
 * HAProxy has to hear it.
 */
export const pollWait = (row: Row, checks: readonly Policy[], habit: PeerHabit): Ms =>
  row.verdict?.state === "down" ? 0 : longestWait(checks[0]?.waitMs ?? 0, habit);
