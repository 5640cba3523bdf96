import type { Claim, HealthState, Memory, Ms } from "../types.ts";
import { isAt, whoIsAt } from "./address.ts";
import type { Draft, Round } from "./round.ts";

/** What a witness says about who leads: one of the claimants, or (null) none of them. */
export interface Testimony {
  readonly names: Draft | null;
  readonly why: string;
}

/** The last claim of a target, whichever check saw it. */
export function claimOf(draft: Draft): HealthState["claimed"] {
  let newest: HealthState["claimed"] = null;
  for (const { claimed } of draft.member.health) {
    if (claimed !== null && (newest === null || claimed.at > newest.at)) newest = claimed;
  }
  return newest;
}

/** The Sentinels' agreement in a claim, null without a majority. */
export function majority(claim: Claim, at: Ms): Memory["agreement"] {
  const { witness } = claim;
  if (witness === null || witness.votes * 2 <= witness.of) return null;
  return { says: witness.says, at, by: `${witness.votes} of ${witness.of} sentinels` };
}

/** The newest agreement of the Sentinels that any probe of the pool brought. */
export function newestAgreement(round: Round): Memory["agreement"] {
  const all = round.drafts.flatMap((draft) =>
    draft.member.health.map((health) => health.claimed && majority(health.claimed.claim, health.claimed.at)),
  );
  return all.reduce(
    (newest, one) => (one !== null && (newest === null || one.at > newest.at) ? one : newest),
    round.memory.agreement,
  );
}

/** Whom the Sentinels name; null when they say nothing that is fresh and can be matched. */
export function sentinels(round: Round, claimants: readonly Draft[]): Testimony | null {
  const agreement = newestAgreement(round);
  if (agreement === null || agreement.at + round.input.policy.witnessAgeMs < round.input.now) return null;
  const named = whoIsAt(agreement.says, round.drafts);
  if (named !== null && claimants.includes(named)) return { names: named, why: `${agreement.by} name it` };
  if (named !== null) return { names: null, why: `${agreement.by} name ${named.name}` };
  const stranger = claimants.every((claimant) => isAt(agreement.says, claimant, round.drafts) === false);
  return stranger ? { names: null, why: `${agreement.by} name ${agreement.says}, no target of this pool` } : null;
}

/** Whom most replicas follow; null when they say nothing fresh, or are at odds. */
export function replicas(round: Round, claimants: readonly Draft[]): Testimony | null {
  const { now, policy } = round.input;
  const voices = round.drafts
    .filter((draft) => !claimants.includes(draft))
    .flatMap((draft) => claimOf(draft) ?? [])
    .filter(({ claim, at }) => claim.role === "reader" && claim.follows !== null && at + policy.witnessAgeMs >= now)
    .filter(({ claim, at }) => stillSpeaks(round, claim.follows ?? "", at));
  if (voices.length === 0) return null;
  const followed = voices.map(({ claim }) => claim.follows ?? "");
  const [first, second] = claimants
    .map((draft) => ({ draft, votes: followed.filter((to) => isAt(to, draft, round.drafts) === true).length }))
    .sort((a, b) => b.votes - a.votes);
  const other = strongestOther(round, claimants, followed);
  const most = first?.votes ?? 0;
  if (other.votes > most) return { names: null, why: `${follow(other.votes)} ${other.address}` };
  if (first === undefined || most === 0 || most === other.votes || most === second?.votes) return null;
  return { names: first.draft, why: `${follow(most)} it` };
}

/** What a replica said before the agreed writer was elected was weighed then: later it speaks for no other any more. */
function stillSpeaks(round: Round, follows: string, at: Ms): boolean {
  const { writer, writerSince } = round.memory;
  if (writerSince === null || at > writerSince) return true;
  return whoIsAt(follows, round.drafts)?.name === writer;
}

/** When evidence lapses: agreements and what replicas say are good up to the last millisecond of `witness_age`. */
export function evidenceEnds(round: Round): readonly Ms[] {
  const { witnessAgeMs } = round.input.policy;
  const agreement = newestAgreement(round);
  const voices = round.drafts.flatMap((draft) => claimOf(draft) ?? []).filter(({ claim }) => claim.role === "reader");
  return [...(agreement === null ? [] : [agreement]), ...voices].map(({ at }) => at + witnessAgeMs + 1);
}

/** Among several claimants the one with the newest term, or whose history goes on where the others' ended. */
export function newer(claimants: readonly Draft[], ousted: readonly string[]): Testimony | null {
  const claims = claimants.flatMap((draft) => {
    const claim = claimOf(draft)?.claim;
    return claim === undefined ? [] : [{ draft, claim }];
  });
  if (claims.length < 2 || claims.length < claimants.length) return null;
  const terms = claims.map(({ claim }) => claim.term ?? Number.NaN);
  const top = Math.max(...terms);
  const newest = claims.filter(({ claim }) => claim.term === top);
  const [leader, equal] = newest;
  // Two that both go on writing overtake each other again and again: one that lost by its term does not win by it.
  if (leader !== undefined && equal === undefined) {
    return ousted.includes(leader.draft.name) ? null : { names: leader.draft, why: "its term is newer" };
  }
  const heirs = claims.filter((one) =>
    claims.every((other) => other === one || succeeds(one.claim.lineage, other.claim.lineage)),
  );
  const [heir, rival] = heirs;
  if (heir === undefined || rival !== undefined) return null;
  return { names: heir.draft, why: "its history goes on from the other's" };
}

/** Whether the first history goes on from the second, and not the other way round. */
export function succeeds(heir: readonly string[], old: readonly string[]): boolean {
  const [own] = heir;
  const [before] = old;
  return own !== undefined && before !== undefined && heir.indexOf(before) > 0 && old.indexOf(own) < 0;
}

function strongestOther(round: Round, claimants: readonly Draft[], followed: readonly string[]) {
  // Replicas still pointing at a dead or demoted target of ours only have not been told yet.
  const others = followed.filter(
    (to) =>
      whoIsAt(to, round.drafts)?.judged !== "down" &&
      claimants.every((draft) => isAt(to, draft, round.drafts) === false),
  );
  return others
    .map((address) => ({ address, votes: others.filter((to) => to === address).length }))
    .reduce(
      (most, one) => (one.votes > most.votes || (one.votes === most.votes && one.address < most.address) ? one : most),
      { address: "", votes: 0 },
    );
}

function follow(votes: number): string {
  return votes === 1 ? "a replica follows" : `${votes} replicas follow`;
}
