import { type Answer, Refused } from "./refusal.ts";
import type { Sentinel } from "./sentinel.ts";
import { address } from "./state.ts";
import { countVotes, type Vote } from "./votes.ts";
import { pairs, readVote, voteQuestion } from "./watch.ts";

/** What one Sentinel says of a whole group. */
export interface Report {
  readonly vote: Vote;
  /** host:port of the replicas it knows, also of dead ones. */
  readonly replicas: readonly string[];
}

/** The group as a majority of the Sentinels sees it. */
export interface Census {
  readonly master: string;
  readonly replicas: readonly string[];
}

/** Asks one Sentinel who is in the group; null when it does not answer or does not know the group. */
export async function askReport(peer: Sentinel, masterName: string): Promise<Report | null> {
  const answers = await peer.ask([...voteQuestion(masterName), ["SENTINEL", "REPLICAS", masterName]]);
  const vote = answers === null ? null : readVote(answers);
  if (answers === null || vote === null) return null;
  const listed = answers[3] instanceof Refused ? await asFormerly(peer, masterName) : answers[3];
  return Array.isArray(listed) ? { vote, replicas: listed.map(addressOf) } : null;
}

/** Before Redis 5 the word was SLAVES. */
async function asFormerly(peer: Sentinel, masterName: string): Promise<Answer> {
  const answers = await peer.ask([["SENTINEL", "SLAVES", masterName]]);
  return answers?.[0] ?? null;
}

function addressOf(listed: unknown): string {
  const fields = pairs(Array.isArray(listed) ? listed : []);
  return address(fields.get("ip") ?? "", Number(fields.get("port")));
}

/** Joins what the Sentinels report; throws when no majority of all that are configured names one master. */
export function joinReports(reports: readonly (Report | null)[], masterName: string): Census {
  const agreed = countVotes(reports.map((report) => report?.vote ?? null));
  if (!agreed.trusted) {
    const best = agreed.votes === 0 ? "none names a master" : `${agreed.votes} name ${agreed.says}`;
    throw new Error(`no majority of the ${agreed.of} Sentinels of ${masterName}: ${best}`);
  }
  const agreeing = reports.filter((report) => report !== null).filter(({ vote }) => vote.says === agreed.says);
  const replicas = new Set(agreeing.flatMap((report) => report.replicas));
  replicas.delete(agreed.says);
  return { master: agreed.says, replicas: [...replicas].sort() };
}
