/** What one Sentinel says of the master; null while it does not answer. */
export interface Vote {
  /** host:port it names. */
  readonly says: string;
  readonly epoch: number;
  /** Neither held for dead nor in the middle of a fail-over. */
  readonly healthy: boolean;
  /** CKQUORUM answered OK: with the others it sees, it could agree on a fail-over. */
  readonly quorate: boolean;
}

/** What the Sentinels say together. */
export interface Agreement {
  /** host:port most of them name; empty when none answered. */
  readonly says: string;
  readonly votes: number;
  /** All Sentinels that are configured, dead ones as well. */
  readonly of: number;
  readonly epoch: number | null;
  readonly healthy: boolean;
  /** A majority of all that are configured names this one. */
  readonly trusted: boolean;
  /** Most live but refuse our login or question: their silence says nothing of a partition. */
  readonly denied: boolean;
}

/** Counts votes: most votes win, of equal ones the higher epoch. A Sentinel without a quorum behind it has no vote. */
export function countVotes(votes: readonly (Vote | null)[]): Agreement {
  const of = votes.length;
  const cast = votes.filter((vote) => vote !== null).filter((vote) => vote.quorate);
  const named = [...new Set(cast.map((vote) => vote.says))].map((says) => tally(says, cast));
  const [first] = named.toSorted((a, b) => b.votes - a.votes || b.epoch - a.epoch || (a.says < b.says ? -1 : 1));
  if (first === undefined)
    return { says: "", votes: 0, of, epoch: null, healthy: false, trusted: false, denied: false };
  return { ...first, of, trusted: first.votes * 2 > of, denied: false };
}

function tally(says: string, cast: readonly Vote[]) {
  const own = cast.filter((vote) => vote.says === says);
  const epoch = Math.max(...own.map((vote) => vote.epoch));
  return { says, votes: own.length, epoch, healthy: own.every((vote) => vote.healthy) };
}
