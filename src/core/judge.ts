import type { HealthState, Latch, Ms, Observation, Policy, Trigger } from "./types.ts";

// A tick starts probes up to so much late; without this slack every second probe of a check with `fast` = `every` would not count.
const SLACK_MS = 50;

/** A health nobody has looked at; `former` is the state a remembered verdict had, which then counts as decided. */
export function initialHealth(now: Ms, former: HealthState["state"] = "unknown"): HealthState {
  const known = former !== "unknown";
  return {
    state: former,
    since: now,
    alive: { on: known ? former !== "down" : null, streak: 0, since: now },
    good: { on: known ? former === "up" : null, streak: 0, since: now },
    pending: false,
    last: null,
    observedAt: null,
    blind: null,
    blindSince: known ? now : null,
    knownAt: known ? now : null,
    countedAt: null,
    claimed: null,
  };
}

/** Whether an observation is a fail by deadline: the server may only be slow, so it is no second witness of an event. */
export function timedOut(seen: Observation): boolean {
  return seen.outcome === "fail" && seen.facts.timedOut === true;
}

/**
 * Folds one observation into a health: two latches, alive and good, each with rise and fall. It ended at `now`; without
 * `startedAt` it took no time.
 */
export function judge(
  was: HealthState,
  seen: Observation,
  by: Trigger,
  policy: Policy,
  now: Ms,
  startedAt: Ms = now,
): HealthState {
  if (seen.outcome === "unknown") return blinded(was, seen, now);
  const confirmed = by === "event" && seen.outcome === "fail" && !timedOut(seen);
  const counts = confirmed || counted(was.countedAt, policy, startedAt);
  const votes = counts ? (confirmed ? policy.fall : 1) : 0;
  const alive = move(was.alive, seen.outcome !== "fail", votes, policy, now);
  const good = move(was.good, seen.outcome === "pass", votes, policy, now);
  const state = stateOf(alive, good);
  return {
    state,
    since: state === was.state ? was.since : now,
    alive,
    good,
    // An uncounted contradiction is confirmed at `fast` too, or it would wait for the next regular probe.
    pending: alive.streak !== 0 || good.streak !== 0 || (!counts && contradicts(was, seen)),
    last: seen,
    observedAt: now,
    blind: null,
    // Only a pass ends it: what blindness has taken back, a failure or a warning must not give again.
    blindSince: seen.outcome === "pass" ? null : was.blindSince,
    knownAt: now,
    countedAt: counts ? startedAt : was.countedAt,
    claimed: claimedBy(was, seen, now),
  };
}

function blinded(was: HealthState, seen: Observation, now: Ms): HealthState {
  // One `unknown` in between does not slow a confirmation down; a lasting one must not keep the probes at `fast`.
  const pending = was.pending && was.blind === null;
  const claimed = claimedBy(was, seen, now);
  const blindSince = was.blindSince ?? now;
  return { ...was, last: seen, observedAt: now, blind: seen.reason, blindSince, pending, claimed };
}

function claimedBy(was: HealthState, seen: Observation, now: Ms): HealthState["claimed"] {
  return seen.claim === null ? was.claimed : { claim: seen.claim, at: now };
}

function counted(countedAt: Ms | null, policy: Policy, startedAt: Ms): boolean {
  return countedAt === null || startedAt >= countedAt + policy.fastMs - Math.min(SLACK_MS, policy.fastMs / 5);
}

function contradicts(was: HealthState, seen: Observation): boolean {
  return was.alive.on !== (seen.outcome !== "fail") || was.good.on !== (seen.outcome === "pass");
}

function move(was: Latch, value: boolean, votes: number, policy: Policy, now: Ms): Latch {
  if (votes === 0) return was;
  if (was.on === value) return was.streak === 0 ? was : { on: value, streak: 0, since: now };
  if (was.on === null && policy.first === "at_once") return { on: value, streak: 0, since: now };
  const direction = value ? 1 : -1;
  const goesOn = was.streak * direction > 0;
  const streak = (goesOn ? was.streak : 0) + direction * votes;
  const since = goesOn ? was.since : now;
  const enough = value ? streak >= policy.rise : -streak >= policy.fall && now - since >= policy.fallForMs;
  return enough ? { on: value, streak: 0, since: now } : { on: was.on, streak, since };
}

function stateOf(alive: Latch, good: Latch): HealthState["state"] {
  if (alive.on === null) return "unknown";
  if (!alive.on) return "down";
  return good.on === true ? "up" : "degraded";
}
