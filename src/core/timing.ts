import { defaultPolicy } from "./policy.ts";
import type { Ms, Policy } from "./types.ts";

const FIRST_SPREAD_MS = 1000;

/** What the next probe of a check depends on. */
export interface Plan {
  /** When the last probe was due (for one that no timer asked for: when it started). */
  readonly dueAt: Ms;
  readonly startedAt: Ms;
  /** A change is being confirmed. */
  readonly pending: boolean;
  readonly policy: Policy;
  readonly now: Ms;
  /** The next time of the check's cron expression; null without one. */
  readonly cronAt: Ms | null;
}

/** When the next probe is due: at `fast` while a change is pending, else on the grid of the last due time, so that lateness never adds up. */
export function nextDue(plan: Plan): Ms {
  const { policy, now } = plan;
  if (plan.pending) {
    const fast = Math.max(now, plan.startedAt + policy.fastMs);
    return plan.cronAt === null
      ? Math.min(fast, Math.max(now, plan.startedAt + policy.everyMs))
      : Math.min(fast, plan.cronAt);
  }
  if (plan.cronAt !== null) return plan.cronAt;
  // What was missed is skipped, never made up for in a burst.
  const missed = Math.floor((now - plan.dueAt) / policy.everyMs);
  return plan.dueAt + Math.max(1, missed + 1) * policy.everyMs;
}

/** When the first probe of target `index` of `count` is due: spread over one interval, a second at most, at process start only. */
export function firstDue(index: number, count: number, everyMs: Ms, now: Ms): Ms {
  return now + Math.floor((Math.min(everyMs, FIRST_SPREAD_MS) * index) / Math.max(1, count));
}

/** How long a verdict is news when nothing is configured: three intervals, or twice the gap of a cron expression. */
export function staleAfter(policy: Policy, cronGapMs: Ms | null): Ms {
  return cronGapMs === null ? 3 * Math.max(policy.everyMs, policy.timeoutMs) : 2 * cronGapMs;
}

/**
 * How long a pool may take to settle when nothing is configured: one confirmed verdict of its slowest check; as long as
 * with the usual one where there is no check, as its sources need time as well.
 */
export function settleAfter(checks: readonly Policy[]): Ms {
  return (checks.length === 0 ? [defaultPolicy] : checks).reduce(
    (most, check) => Math.max(most, Math.max(check.rise, check.fall) * check.fastMs + check.timeoutMs),
    0,
  );
}

/** How long to wait before try `attempt` (0: the first retry): doubling up to `mostMs`, the upper half of it by `random` (0..1). */
export function backOff(attempt: number, firstMs: Ms, mostMs: Ms, random: number): Ms {
  const full = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 30));
  return full / 2 + (full / 2) * random;
}
