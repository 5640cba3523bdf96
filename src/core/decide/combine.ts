import { recall } from "../memory.ts";
import { age, judgedReason } from "../reason.ts";
import type { HealthState, Member, Ms, PoolInput, PoolPolicy, TargetMemory } from "../types.ts";
import { baseWeight } from "../weight.ts";
import { addressOf, alarmed, byName, type Draft, type Round } from "./round.ts";

type State = HealthState["state"];
const ranks: Readonly<Record<State, number>> = { up: 2, degraded: 1, down: 0, unknown: -1 };
const ranked = ["down", "degraded", "up"] as const;

/** Rule 1: the states of all checks together, as `require` says. */
export function combine(input: PoolInput): Round {
  const members = input.members.filter((member) => member.target.part !== "reference");
  const drafts = members.map((member) => draftOf(member, input)).sort((a, b) => byName(a.name, b.name));
  const wakes = drafts.flatMap((draft) => blindEnds(draft.member.health, input));
  return drafts.reduce(blindAlarm, { input, drafts, memory: input.memory, alarms: [], wakes });
}

/** One state of several: the worst (all), the best (any), or the N-th best; unknown only if the unknown ones could tip it. */
export function combined(states: readonly State[], require: PoolPolicy["require"]): State {
  if (states.length === 0) return "up";
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
  const seen = member.health.map((health) => health.observedAt).filter((at) => at !== null);
  const up = judged === "up";
  return {
    member,
    name: member.target.name,
    former,
    judged,
    fit: judged === "up" ? "fit" : judged === "degraded" ? "soft" : judged === "down" ? "hard" : "unknown",
    told: judged !== "unknown" && (seen.length > 0 || member.health.length === 0),
    observedAt: seen.length > 0 ? Math.min(...seen) : now,
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

function blindEnds(health: readonly HealthState[], { policy, now }: PoolInput): readonly Ms[] {
  const ends = health.flatMap((one) => (one.blindSince === null ? [] : [one.blindSince + policy.unknownMs]));
  return ends.filter((end) => end > now);
}

function blindAlarm(round: Round, draft: Draft): Round {
  const blind = draft.member.health.find((health) => health.blind !== null);
  if (blind === undefined) return round;
  const { now } = round.input;
  const held = draft.judged === "unknown" ? "no verdict yet" : `held ${draft.judged}`;
  const since = blind.knownAt === null ? "since start" : `since ${age(now - blind.knownAt)}`;
  return alarmed(round, "blind", `cannot be judged ${since}, ${held}: ${blind.blind}`, draft.name);
}
