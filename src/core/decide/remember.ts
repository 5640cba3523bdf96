import { fullReason } from "../reason.ts";
import type { Memory, Ms, PoolDecision, TargetMemory, Verdict } from "../types.ts";
import { toldNote } from "../weight.ts";
import { priorOf } from "./brake.ts";
import { orderOf } from "./orders.ts";
import { addressOf, alarmed, byName, type Draft, type Round, serving } from "./round.ts";
import { claimOf } from "./witness.ts";

/** The end of a decision: verdicts with their reasons, and what the next decision must know. */
export function conclude(round: Round): PoolDecision {
  const { now, policy } = round.input;
  const weighed = new Set(round.memory.weighed);
  const drafts = round.drafts.map((draft) => (weighed.has(draft.name) ? weighedBefore(draft, round) : draft));
  const last = policy.role === "readers" && !drafts.some(serving) ? noneUp(round) : round;
  const wakes = last.wakes.filter((at) => at > now);
  return {
    verdicts: drafts.filter((draft) => draft.told).map((draft) => verdictOf(draft, last)),
    alarms: last.alarms,
    memory: remembered(last, drafts, weighed),
    wakeAt: wakes.reduce<Ms | null>((soonest, at) => (soonest === null || at < soonest ? at : soonest), null),
  };
}

function noneUp(round: Round): Round {
  const known = round.drafts.filter((draft) => draft.told).length;
  return known === 0 && round.drafts.length > 0 ? round : alarmed(round, "none-up", "no target serves", null);
}

function weighedBefore(draft: Draft, round: Round): Draft {
  const plain = round.input.policy.haproxyWeight === null && draft.state === "up" && draft.weight > 0;
  if (!plain) return draft;
  const step = { rule: "weight", state: draft.state, weight: draft.weight, note: toldNote } as const;
  return { ...draft, chain: [...draft.chain, step] };
}

function verdictOf(draft: Draft, round: Round): Verdict {
  const { pool, now, policy } = round.input;
  const { former, state, weight, chain, observedAt } = draft;
  return {
    id: `${pool}/${draft.name}`,
    target: draft.member.target,
    state,
    weight,
    order: orderOf(draft, now)?.order ?? null,
    reason: fullReason(chain, chain[0]?.note ?? ""),
    since: former !== null && former.up === (state === "up") ? former.since : now,
    observedAt,
    staleAt: draft.member.health.length === 0 ? Number.MAX_SAFE_INTEGER : observedAt + policy.staleMs,
    chain,
  };
}

function remembered(round: Round, drafts: readonly Draft[], told: ReadonlySet<string>): Memory {
  const targets: Record<string, TargetMemory> = Object.create(null);
  const low: string[] = [];
  for (const draft of drafts) {
    const entry = draft.told ? entryOf(draft, round) : draft.former;
    if (entry !== null) targets[draft.name] = entry;
    const lowered = draft.told && draft.state === "up" && draft.weight < 100 && tells(draft, round);
    if (lowered && !told.has(draft.name)) low.push(draft.name);
  }
  const weighed = low.length === 0 ? round.memory.weighed : [...round.memory.weighed, ...low].sort(byName);
  return { ...round.memory, weighed, targets };
}

/** Whether HAProxy is told this weight: without its own weight only 0% is ever said. */
function tells(draft: Draft, round: Round): boolean {
  return round.input.policy.haproxyWeight !== null || draft.weight === 0;
}

function entryOf(draft: Draft, round: Round): TargetMemory {
  const { now, policy } = round.input;
  const { former, member, judged } = draft;
  const up = draft.state === "up";
  return {
    up,
    weight: draft.weight,
    since: former !== null && former.up === up ? former.since : now,
    flips: draft.flips,
    address: addressOf(member.target),
    order: orderOf(draft, now)?.order ?? null,
    states: member.health.map((health) => health.state),
    judged,
    base: draft.base,
    rampFrom: up ? draft.rampFrom : null,
    follows: claimOf(draft)?.claim.follows ?? former?.follows ?? null,
    prior: priorOf(draft, up, policy.brake?.withinMs ?? 0, now),
  };
}
