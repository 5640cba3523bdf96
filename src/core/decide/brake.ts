import type { Memory, PoolInput } from "../types.ts";
import { combined } from "./combine.ts";
import { act, alarmed, type Draft, membersOf, type Round, type Rule } from "./round.ts";

/** Rule 7, last, reader pools with references: when many targets are lost at once while our own references fail too, the fault is ours; the verdicts from before are restored and held. */
export const brake: Rule = (round) => {
  const { policy, now } = round.input;
  if (policy.brake === null || policy.role !== "readers") return released(round, false);
  const blind = referencesFail(round.input);
  const since = round.memory.brakedSince;
  if (since !== null && blind && now >= since + policy.brake.forMs) return released(round, true);
  if (since !== null) return blind ? held(round, round.memory, since) : released(round, false);
  if (!blind || round.memory.brakeSpent) return released(round, blind && round.memory.brakeSpent);
  const { lost, of } = losses(round, policy.brake.withinMs);
  if (lost <= policy.brake.share * of) return round;
  return held(round, { ...round.memory, brakedSince: now, held: before(round, policy.brake.withinMs) }, now);
};

/** What a target was before it changed within the window. */
export function priorOf(
  draft: Draft,
  up: boolean,
  withinMs: number,
  now: number,
): { readonly up: boolean; readonly weight: number } | null {
  const { former } = draft;
  // What an order did is no loss, nor is what comes of its end.
  if (former === null || former.order !== null) return null;
  if (former.up === up) return former.prior;
  // In a burst of changes the answer that had lasted counts.
  return now - former.since < withinMs && former.prior !== null
    ? former.prior
    : { up: former.up, weight: former.weight };
}

function referencesFail(input: PoolInput): boolean {
  const references = input.members.filter((member) => member.target.part === "reference");
  const down = (health: PoolInput["members"][number]["health"]) =>
    combined(
      health.map((one) => one.state),
      input.policy.require,
    ) === "down";
  return references.length > 0 && references.every((member) => down(member.health));
}

function losses(round: Round, withinMs: number): { readonly lost: number; readonly of: number } {
  const counted = membersOf(round).filter(
    (draft) => draft.told && draft.fit !== "ordered" && draft.former?.order === null,
  );
  const up = counted.filter((draft) => draft.state === "up").length;
  const lost = counted.filter(
    (draft) => draft.state === "down" && wasBefore(draft, round, withinMs)?.up === true,
  ).length;
  return { lost, of: up + lost };
}

function wasBefore(draft: Draft, round: Round, withinMs: number) {
  const { now } = round.input;
  const up = draft.state === "up";
  const changed = draft.former !== null && (draft.former.up !== up || now - draft.former.since <= withinMs);
  return changed ? priorOf(draft, up, withinMs, now) : null;
}

function before(round: Round, withinMs: number): Memory["held"] {
  const drafts = round.drafts.filter((draft) => draft.told && draft.fit !== "ordered");
  const verdicts = drafts.map((draft) => {
    const was = wasBefore(draft, round, withinMs) ?? { up: draft.state === "up", weight: draft.weight };
    return [draft.name, { up: was.up, weight: was.weight }] as const;
  });
  return Object.fromEntries(verdicts);
}

function held(round: Round, memory: Memory, since: number): Round {
  const forMs = round.input.policy.brake?.forMs ?? 0;
  const drafts = round.drafts.map((draft) => holdOne(draft, heldFor(draft, memory)));
  const wakes = [...round.wakes, since + forMs];
  const names = drafts.filter((draft, i) => draft !== round.drafts[i]).map((draft) => draft.name);
  const text = `our own references fail too, so the verdicts from before are held: ${names.join(", ") || "none differs"}`;
  return alarmed({ ...round, drafts, memory, wakes }, "brake", text, null);
}

function holdOne(draft: Draft, was: { readonly up: boolean; readonly weight: number } | undefined): Draft {
  const up = draft.state === "up";
  if (was === undefined || draft.fit === "ordered" || (was.up === up && was.weight === draft.weight)) return draft;
  return act(draft, "brake", was.up ? "up" : "down", was.weight, "held by the brake, as our references fail too");
}

function heldFor(draft: Draft, memory: Memory) {
  return Object.hasOwn(memory.held, draft.name) ? memory.held[draft.name] : undefined;
}

function released(round: Round, brakeSpent: boolean): Round {
  return { ...round, memory: { ...round.memory, brakedSince: null, held: {}, brakeSpent } };
}
