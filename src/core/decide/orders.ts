import { age } from "../reason.ts";
import type { Override } from "../types.ts";
import { act, alarmed, type Draft, type Round, type Rule } from "./round.ts";

const FORGOTTEN_MS = 24 * 3_600_000;

/** Rule 2: an operator's order sets its target aside and beats every other rule: drain is up with weight 0, maint is down. */
export const orders: Rule = (round) => {
  const drafts = round.drafts.map((draft) => ordered(draft, round.input.now));
  return drafts.reduce(noted, { ...round, drafts });
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

function noted(round: Round, draft: Draft): Round {
  const { now } = round.input;
  const override = orderOf(draft, now);
  if (override === null) return round;
  if (override.until !== null) return { ...round, wakes: [...round.wakes, override.until] };
  const due = override.since + FORGOTTEN_MS;
  if (now < due) return { ...round, wakes: [...round.wakes, due] };
  const text = `${override.order} by ${override.owner} has no end and stands for ${age(now - override.since)}: ${override.reason}`;
  return alarmed(round, "order-forgotten", text, draft.name);
}
