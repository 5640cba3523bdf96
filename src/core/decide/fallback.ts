import { isAt } from "./address.ts";
import { act, alarmed, byName, type Draft, membersOf, type Round, type Rule, serving } from "./round.ts";
import { claimOf } from "./witness.ts";

/** Rule 6, reader pools: while no replica is up the primary, a backup target, serves; unless the replicas were last seen to follow another. */
export const fallback: Rule = (round) => {
  const { policy } = round.input;
  if (policy.role !== "readers") return round;
  const members = membersOf(round);
  // A member nobody can judge yet is still where HAProxy left it.
  const empty = policy.fallback && !members.some((draft) => serving(draft) || draft.fit === "unknown");
  const ready = empty ? round.drafts.filter(isReady) : [];
  const refused = ready.filter((draft) => followedElsewhere(draft, members, round));
  const [chosen] = ready.filter((draft) => !refused.includes(draft)).sort(best);
  const drafts = round.drafts.map((draft) =>
    draft === chosen ? serve(draft, members.length) : standBy(draft, refused, round),
  );
  const next = { ...round, drafts };
  const told =
    chosen === undefined ? next : alarmed(next, "fallback", `${chosen.name} serves as no replica is up`, null);
  return refused.reduce(
    (on, draft) =>
      alarmed(on, "fallback-refused", "not used as primary: the replicas were last seen to follow another", draft.name),
    told,
  );
};

function isReady(draft: Draft): boolean {
  return draft.member.target.part === "backup" && (draft.fit === "fit" || draft.fit === "soft");
}

function best(a: Draft, b: Draft): number {
  const rank = (draft: Draft) =>
    (draft.fit === "fit" ? 0 : 4) + (draft.former?.up === true ? 0 : 2) + (draft.name === "primary" ? 0 : 1);
  return rank(a) - rank(b) || byName(a.name, b.name);
}

function followedElsewhere(backup: Draft, members: readonly Draft[], round: Round): boolean {
  const followed = members.flatMap((draft) => claimOf(draft)?.claim.follows ?? draft.former?.follows ?? []);
  const votes = followed.map((address) => isAt(address, backup, round.drafts));
  return votes.filter((same) => same === false).length > votes.filter((same) => same === true).length;
}

function serve(draft: Draft, members: number): Draft {
  const why = members === 0 ? "serves as there is no replica" : `serves as none of ${members} replicas is up`;
  return act(draft, "fallback", "up", 100, why);
}

function standBy(draft: Draft, refused: readonly Draft[], round: Round): Draft {
  if (draft.member.target.part !== "backup" || draft.fit === "ordered" || draft.state === "down") return draft;
  if (refused.includes(draft))
    return act(draft, "fallback", "down", 0, "backup, but the replicas were last seen to follow another");
  const why = round.input.policy.fallback
    ? "backup, serves only while no replica is up"
    : "backup, and fallback is off";
  return act(draft, "fallback", "down", 0, why);
}
