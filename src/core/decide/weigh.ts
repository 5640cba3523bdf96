import { age } from "../reason.ts";
import { rampPart } from "../weight.ts";
import { act, type Draft, type Round, type Rule } from "./round.ts";

/** Rule 1, second half: the weight a target asks for, growing over `ramp` after a return. */
export const weigh: Rule = (round) => {
  const drafts = round.drafts.map((draft) => (draft.state === "up" ? ramped(weighed(draft, round), round) : draft));
  const wakes = drafts.flatMap((draft) => rampEnds(draft, round));
  return { ...round, drafts, wakes: [...round.wakes, ...wakes] };
};

function weighed(draft: Draft, round: Round): Draft {
  const by = round.input.policy.weight?.by;
  if (draft.base === 100 || draft.member.target.part === "backup") return draft;
  const note = by === undefined ? `weight ${draft.base} as the server asks` : `weight ${draft.base} by ${by}`;
  return act(draft, "weight", "up", draft.base, note);
}

function ramped(draft: Draft, round: Round): Draft {
  const { now, policy } = round.input;
  const { former } = draft;
  if (policy.rampMs <= 0 || former === null || draft.member.target.part === "backup") return draft;
  const from = former.up ? former.rampFrom : now;
  const ramp = from === null ? null : rampPart(now - from, policy.rampMs);
  if (from === null || ramp === null) return draft;
  const weight = draft.weight === 0 ? 0 : Math.max(1, Math.round(draft.weight * ramp.part));
  const note = `${Math.round(ramp.part * 100)}% of its weight, back for ${age(now - from)}`;
  return { ...act(draft, "weight", "up", weight, note), rampFrom: from };
}

function rampEnds(draft: Draft, round: Round): readonly number[] {
  const { now, policy } = round.input;
  if (draft.rampFrom === null) return [];
  const ramp = rampPart(now - draft.rampFrom, policy.rampMs);
  return ramp === null ? [] : [draft.rampFrom + ramp.nextMs];
}
