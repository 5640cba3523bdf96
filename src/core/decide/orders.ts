import type { Override } from "../types.ts";
import { act, type Draft, type Rule } from "./round.ts";

/** Rule 2: an operator's order sets its target aside and beats every other rule: drain is up with weight 0, maint is down. */
export const orders: Rule = (round) => {
  const drafts = round.drafts.map((draft) => ordered(draft, round.input.now));
  const ends = drafts.flatMap((draft) => orderOf(draft, round.input.now)?.until ?? []);
  return { ...round, drafts, wakes: [...round.wakes, ...ends] };
};

/** The order in force for a member, null after its end. */
export function orderOf(draft: Draft, now: number): Override | null {
  const { override } = draft.member;
  return override === null || (override.until !== null && override.until <= now) ? null : override;
}

function ordered(draft: Draft, now: number): Draft {
  const override = orderOf(draft, now);
  if (override === null) return draft;
  const note = `${override.order} by ${override.owner}: ${override.reason}`;
  const told = act(draft, "override", override.order === "drain" ? "up" : "down", 0, note);
  return { ...told, told: true, fit: "ordered" };
}
