import { recall } from "../memory.ts";
import { age, judgedReason } from "../reason.ts";
import type { Alarm, HealthState, Member, Ms, PoolInput, PoolPolicy, TargetMemory } from "../types.ts";
import { baseWeight } from "../weight.ts";
import { addressOf, byName, type Draft, type Round } from "./round.ts";

type State = HealthState["state"];
const ranks: Readonly<Record<State, number>> = { up: 2, degraded: 1, down: 0, unknown: -1 };
const ranked = ["down", "degraded", "up"] as const;

/** Rule 1: the states of all checks together, as `require` says. */
export function combine(input: PoolInput): Round {
  const members = input.members.filter((member) => member.target.part !== "reference");
  const drafts = sorted(members.map((member) => draftOf(member, input)));
  const blind = drafts.filter((draft) => draft.member.health.some((health) => health.blindSince !== null));
  const wakes = blind.flatMap((draft) => blindEnds(draft.member.health, input));
  return { input, drafts, memory: input.memory, alarms: blind.flatMap((draft) => blindAlarm(draft, input.now)), wakes };
}

function sorted(drafts: readonly Draft[]): readonly Draft[] {
  const inOrder = drafts.every((draft, i) => i === 0 || (drafts[i - 1]?.name ?? "") <= draft.name);
  return inOrder ? drafts : [...drafts].sort((a, b) => byName(a.name, b.name));
}

/** One state of several: the worst (all), the best (any), or the N-th best; unknown only if the unknown ones could tip it. */
export function combined(states: readonly State[], require: PoolPolicy["require"]): State {
  if (states.length < 2) return states[0] ?? "up";
  const place = require === "all" ? states.length : require === "any" ? 1 : Math.min(require, states.length);
  const nth = (unknownAs: number) =>
    states.map((state) => (state === "unknown" ? unknownAs : ranks[state])).sort((a, b) => b - a)[place - 1] ?? 0;
  const most = nth(ranks.up);
  return most === nth(ranks.down) ? (ranked[most] ?? "unknown") : "unknown";
}

/** The state of a check, at most degraded once nothing was known of it for too long. */
export function limited(health: HealthState, unknownMs: Ms, now: Ms): State {
  const tooLong = health.blindSince !== null && now - health.blindSince >= unknownMs;
  return tooLong && health.state === "up" ? "degraded" : health.state;
}

/** What is remembered of a target, unless the name stood for another address then. */
export function formerOf(member: Member, targets: PoolInput["memory"]["targets"]): TargetMemory | null {
  const former = recall(targets, member.target.name);
  return former === null || former.address !== addressOf(member.target) ? null : former;
}

function draftOf(member: Member, input: PoolInput): Draft {
  const { now, policy, memory } = input;
  const former = formerOf(member, memory.targets);
  const states = member.health.map((health) => limited(health, policy.unknownMs, now));
  const state = combined(states, policy.require);
  const judged = state === "unknown" ? (former?.judged ?? "unknown") : state;
  const seenAt = oldest(member.health);
  const up = judged === "up";
  return {
    member,
    name: member.target.name,
    former,
    judged,
    fit: judged === "up" ? "fit" : judged === "degraded" ? "soft" : judged === "down" ? "hard" : "unknown",
    told: judged !== "unknown" && (seenAt !== null || member.health.length === 0),
    observedAt: seenAt ?? now,
    base: baseWeight(member.health, policy, former?.base ?? null),
    rampFrom: null,
    flips: former?.flips ?? [],
    state: up ? "up" : "down",
    weight: up ? 100 : 0,
    chain: [
      {
        rule: "judge",
        state: up ? "up" : "down",
        weight: up ? 100 : 0,
        note: judgedReason(member.health, judged, now),
      },
    ],
  };
}

function oldest(health: readonly HealthState[]): Ms | null {
  let at: Ms | null = null;
  for (const { observedAt } of health) if (observedAt !== null && (at === null || observedAt < at)) at = observedAt;
  return at;
}

function blindEnds(health: readonly HealthState[], { policy, now }: PoolInput): readonly Ms[] {
  const ends = health.flatMap((one) => (one.blindSince === null ? [] : [one.blindSince + policy.unknownMs]));
  return ends.filter((end) => end > now);
}

function blindAlarm(draft: Draft, now: Ms): readonly Alarm[] {
  const blind = draft.member.health.find((health) => health.blind !== null);
  if (blind === undefined) return [];
  const held = draft.judged === "unknown" ? "no verdict yet" : `held ${draft.judged}`;
  const since = blind.knownAt === null ? "since start" : `since ${age(now - blind.knownAt)}`;
  return [{ code: "blind", text: `cannot be judged ${since}, ${held}: ${blind.blind}`, target: draft.name }];
}
