import type { Member, PoolPolicy } from "../types.ts";
import { act, alarmed, byName, type Draft, membersOf, type Round, type Rule, serving } from "./round.ts";

/** Rule 5, reader pools: unfit targets that still serve are kept where too few fit ones are up. A hard failure is never kept. */
export const floor: Rule = (round) => {
  const { policy } = round.input;
  if (policy.role !== "readers") return round;
  const members = membersOf(round);
  const ready = members.filter((draft) => draft.fit === "fit" && serving(draft));
  const fit = ready.length;
  const need = needOf(policy, members.length);
  const soft = members.filter((draft) => draft.fit === "soft" || (draft.fit === "fit" && draft.weight === 0));
  const chosen = new Set(choose(round, soft, room(policy, fit, need)));
  const waiting = new Set(
    inDoubt(
      round,
      ready,
      soft.filter((draft) => !chosen.has(draft)),
      need - chosen.size,
    ),
  );
  const note =
    fit === 0 ? `kept as no target is fit (when_none_fit ${policy.whenNoneFit})` : `kept by at_least ${need}`;
  const keep = (draft: Draft, why: string) => act(draft, "floor", "up", Math.max(1, draft.base), why);
  const drafts = round.drafts.map((draft) =>
    chosen.has(draft) ? keep(draft, note) : waiting.has(draft) ? keep(draft, doubtNote) : draft,
  );
  const kept = namesOf(chosen);
  const names = namesOf([...chosen, ...waiting]);
  const next = { ...round, drafts, memory: { ...round.memory, kept, swap: null } };
  // Whoever has just come and was not asked yet may well be fit.
  const short =
    fit + members.filter(isNew).length < need && members.length > 0
      ? alarmed(next, "below-at-least", `${fit} of ${members.length} fit, at_least ${need}`, null)
      : next;
  return names.length === 0 ? short : alarmed(short, "unfit-kept", `kept though unfit: ${names.join(", ")}`, null);
};

const isNew = ({ fit, member }: Draft): boolean => fit === "unknown" && member.health.some(({ last }) => last === null);

const doubtNote = "kept while those that are fit are about to change too";

/** More that serve until now and would go with this decision, while the fit ones that are sure to stay are too few. */
function inDoubt(round: Round, ready: readonly Draft[], others: readonly Draft[], need: number): readonly Draft[] {
  const leaving = others.filter((draft) => draft.fit === "soft" && draft.former?.up === true);
  if (ready.length === 0 || leaving.length === 0) return [];
  const sure = ready.filter(isSure).length;
  if (sure === 0 && round.input.policy.whenNoneFit === "all") return leaving;
  return choose(round, leaving, Math.max(0, Math.max(1, need) - sure));
}

/** No change of it is being confirmed: what makes one unfit (their primary has died) may just have reached the others. */
function isSure(draft: Draft): boolean {
  return draft.member.health.every((health) => !health.pending);
}

function namesOf(drafts: Iterable<Draft>): readonly string[] {
  return [...drafts].map((draft) => draft.name).sort(byName);
}

/** How many targets `at_least` asks for. */
export function needOf(policy: PoolPolicy, members: number): number {
  return "count" in policy.atLeast ? policy.atLeast.count : Math.ceil(policy.atLeast.share * members);
}

/** Of the kept targets the worst, if an unfit one is better than it by more than `margin`. */
export function rivalry(rival: Member, kept: readonly Member[], policy: PoolPolicy): string | null {
  const ranked = kept.map((member) => ({ name: member.target.name, bad: badness(member, policy) }));
  const [worst] = ranked.sort((a, b) => compare(b.bad, a.bad) || byName(a.name, b.name));
  const mine = badness(rival, policy);
  if (worst === undefined || mine >= worst.bad) return null;
  const clearly = worst.bad === Number.POSITIVE_INFINITY || mine < worst.bad - Math.abs(worst.bad) * policy.margin;
  return clearly ? worst.name : null;
}

function room(policy: PoolPolicy, fit: number, need: number): number {
  if (fit > 0) return Math.max(0, need - fit);
  if (policy.whenNoneFit === "none") return 0;
  return policy.whenNoneFit === "all" ? Number.POSITIVE_INFINITY : Math.max(1, need);
}

function choose(round: Round, soft: readonly Draft[], most: number): readonly Draft[] {
  if (soft.length <= most) return soft;
  const { kept, swap } = round.memory;
  const worse = new Map(
    soft.map((draft) => [draft, held(draft) ? Number.NEGATIVE_INFINITY : badness(draft.member, round.input.policy)]),
  );
  const rank = (draft: Draft) =>
    kept.includes(draft.name) && draft.name !== swap?.out ? 0 : draft.name === swap?.into ? 1 : 2;
  const order = (a: Draft, b: Draft) =>
    rank(a) - rank(b) || compare(worse.get(a) ?? 0, worse.get(b) ?? 0) || byName(a.name, b.name);
  return [...soft].sort(order).slice(0, most);
}

/** Held back or without weight, but passing: better than any that warns. */
function held(draft: Draft): boolean {
  return draft.judged === "up";
}

function badness(member: Member, policy: PoolPolicy): number {
  const warns = member.health.flatMap(({ last }) => (last !== null && last.outcome === "warn" ? [last] : []));
  const told = warns.flatMap(({ facts }) => (typeof facts.badness === "number" ? [facts.badness] : []));
  if (told.length > 0) return Math.max(...told);
  const by = policy.weight?.by;
  const fact = warns
    .map(({ facts }) => (by === undefined ? undefined : facts[by]))
    .find((value) => value !== undefined);
  if (typeof fact === "number") return fact * slope(policy);
  // Nothing measured: a weight it asks for itself is the only order there is; one that does not even warn comes last.
  const asked = warns.flatMap(({ weight }) => (weight === null ? [] : [100 - weight]));
  if (asked.length > 0) return Math.max(...asked);
  return warns.length > 0 && fact === undefined ? 0 : Number.POSITIVE_INFINITY;
}

/** 1 where more of the fact is worse, -1 where less is. */
function slope(policy: PoolPolicy): 1 | -1 {
  const points = [...(policy.weight?.curve ?? [])].sort((a, b) => a[0] - b[0]);
  const [first, last] = [points[0], points.at(-1)];
  return first && last && last[1] > first[1] ? -1 : 1;
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
