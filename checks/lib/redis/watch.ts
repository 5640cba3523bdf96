import type { LookupFunction } from "node:net";
import type { Env, Hint, Ms } from "../../../src/index.ts";
import type { SentinelGroup } from "./options.ts";
import type { Answer } from "./refusal.ts";
import { type Sentinel, sentinel } from "./sentinel.ts";
import { address, numberOf } from "./state.ts";
import { type Agreement, countVotes, type Vote } from "./votes.ts";

/** Answers younger than this are shared by the probes of a pool. */
const SHARED_MS = 50;

/** The Sentinels of one pool: one subscription each, shared by all its probes. */
export interface SentinelWatch {
  /** Asks all Sentinels at once; resolves when a majority agrees or all have answered or failed. */
  agreement(): Promise<Agreement>;
  /** How long ago a majority last agreed; null when none ever did. */
  agreedAgo(): Ms | null;
  /** Whom to hint when a Sentinel announces something or another master is named; returns how to leave. */
  join(hint: Hint): () => void;
  close(): void;
}

/** What one Sentinel is asked, in one write. */
export const voteQuestion = (masterName: string): string[][] => [
  ["SENTINEL", "get-master-addr-by-name", masterName],
  ["SENTINEL", "MASTER", masterName],
  ["SENTINEL", "CKQUORUM", masterName],
];

/** Reads the answers of one Sentinel; null when it does not know the group or refuses. */
export function readVote([named, master, quorum]: readonly Answer[]): Vote | null {
  if (!Array.isArray(named) || !Array.isArray(master)) return null;
  const fields = pairs(master);
  const says = address(String(named[0]), Number(named[1]));
  // The leader of a fail-over names the promoted server while its flags are still those of the former master.
  const own = says === address(fields.get("ip") ?? "", Number(fields.get("port")));
  return {
    says,
    epoch: numberOf(fields, "config-epoch") ?? 0,
    healthy: !own || !/\b(s_down|o_down|failover_in_progress)\b/.test(fields.get("flags") ?? ""),
    quorate: typeof quorum === "string" && quorum.startsWith("OK"),
  };
}

/** A flat list of names and values, as Sentinels answer. */
export function pairs(flat: readonly unknown[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (let i = 0; i + 1 < flat.length; i += 2) fields.set(String(flat[i]), String(flat[i + 1]));
  return fields;
}

/** Watches the Sentinels of a group; nothing is connected before the first question. */
export const watchSentinels = (group: SentinelGroup, env: Env, lookup: LookupFunction): SentinelWatch =>
  new Watch(group, env, lookup);

class Watch implements SentinelWatch {
  readonly #env: Env;
  readonly #peers: readonly Sentinel[];
  readonly #question: string[][];
  readonly #hints = new Set<Hint>();
  readonly #votes: (Vote | null)[];
  #round: Promise<Agreement> | null = null;
  #startedAt: Ms = 0;
  #agreedAt: Ms | null = null;
  #named: string | null = null;

  constructor(group: SentinelGroup, env: Env, lookup: LookupFunction) {
    this.#env = env;
    this.#question = voteQuestion(group.masterName);
    this.#votes = group.sentinels.map(() => null);
    const news = (what: string): void => this.#announce(what);
    this.#peers = group.sentinels.map((at) => sentinel(at, { group, env, lookup, news }));
  }

  agreement(): Promise<Agreement> {
    const now = this.#env.clock.now();
    if (this.#round !== null && now - this.#startedAt < SHARED_MS) return this.#round;
    this.#startedAt = now;
    this.#round = this.#askAll();
    return this.#round;
  }

  agreedAgo(): Ms | null {
    return this.#agreedAt === null ? null : this.#env.clock.now() - this.#agreedAt;
  }

  join(hint: Hint): () => void {
    this.#hints.add(hint);
    return () => this.#hints.delete(hint);
  }

  close(): void {
    for (const peer of this.#peers) peer.close();
  }

  #announce(what: string): void {
    this.#round = null;
    for (const hint of this.#hints) hint(what);
  }

  #askAll(): Promise<Agreement> {
    const answered = this.#peers.map(() => false);
    return new Promise((resolve) => {
      const each = this.#peers.map(async (peer, index) => {
        const answers = await peer.ask(this.#question);
        this.#votes[index] = answers === null ? null : readVote(answers);
        answered[index] = true;
        // One that hangs must not hold up the others: its last vote stands until it has failed.
        const now = countVotes(this.#votes.map((vote, i) => (answered[i] === true ? vote : null)));
        if (now.trusted) resolve(this.#settle());
      });
      void Promise.all(each).then(() => resolve(this.#settle()));
    });
  }

  #settle(): Agreement {
    const counted = countVotes(this.#votes);
    const denied = this.#peers.filter((peer) => peer.denied).length;
    const agreed = { ...counted, denied: denied * 2 > counted.of };
    if (!agreed.trusted) return agreed;
    this.#agreedAt = this.#env.clock.now();
    const former = this.#named;
    this.#named = agreed.says;
    if (former !== null && former !== agreed.says) this.#announce(`the Sentinels now name ${agreed.says}`);
    return agreed;
  }
}
