import { age } from "../reason.ts";
import type { Ms } from "../types.ts";
import { act, type Draft, type Round, type Rule } from "./round.ts";

const FLIPS_KEPT = 10;
// The second fall within `quiet` holds a target back for max/16, each further one twice as long.
const FULL_AT = 6;

/** Rule 3: a target that keeps falling waits longer and longer before its next up. It is never taken out by this, and may be kept by the floor. */
export const damping: Rule = (round) => {
  const { policy, now } = round.input;
  if (policy.damping === null) return { ...round, drafts: round.drafts.map(forgetful) };
  const { maxMs, quietMs } = policy.damping;
  const counted = round.drafts.map((draft) => ({ ...draft, flips: flipsOf(draft, quietMs, now) }));
  const ends = counted.map((draft) => (heldBack(draft, round) ? holdEnds(draft.flips, maxMs) : 0));
  const drafts = counted.map((draft, i) => ((ends[i] ?? 0) > now ? held(draft, ends[i] ?? 0, quietMs, now) : draft));
  return { ...round, drafts, wakes: [...round.wakes, ...ends.filter((end) => end > now)] };
};

/** How long after its last fall a target that fell `falls` times is held back. */
export function holdMs(falls: number, maxMs: Ms): Ms {
  return falls < 2 ? 0 : maxMs / 2 ** Math.max(0, FULL_AT - falls);
}

function forgetful(draft: Draft): Draft {
  return draft.flips.length === 0 ? draft : { ...draft, flips: [] };
}

function heldBack(draft: Draft, round: Round): boolean {
  const { former } = draft;
  if (draft.fit !== "fit" || former === null) return false;
  // What is up and fit stays up: hold-down comes before an up. Kept by the floor is not fit.
  return !former.up || former.judged !== "up" || round.memory.kept.includes(draft.name);
}

function holdEnds(flips: readonly Ms[], maxMs: Ms): Ms {
  return (flips.at(-1) ?? 0) + holdMs(flips.length, maxMs);
}

function flipsOf(draft: Draft, quietMs: Ms, now: Ms): readonly Ms[] {
  const { former, judged, fit } = draft;
  if (former === null) return [];
  const recent = former.flips.filter((at) => now - at < quietMs);
  const fell = former.judged === "up" && (judged === "down" || judged === "degraded");
  if (!fell || fit === "ordered" || former.order !== null) return recent;
  return [...recent, now].slice(-FLIPS_KEPT);
}

function held(draft: Draft, end: Ms, quietMs: Ms, now: Ms): Draft {
  const note = `fell ${draft.flips.length} times within ${age(quietMs)}, held back for ${age(end - now)}`;
  return { ...act(draft, "damping", "down", 0, note), fit: "soft" };
}
