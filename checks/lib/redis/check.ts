import type { Check, Claim, Env, Facts, Hint, Observation, Probe, Target } from "../../../src/index.ts";
import { keep } from "../kept.ts";
import { endpoint, failed, observed } from "../reason.ts";
import { steadyLookup } from "../tcp/lookup.ts";
import { claimOf } from "./claim.ts";
import { openConnection } from "./connection.ts";
import { factsOf } from "./facts.ts";
import type { Fitness } from "./fitness.ts";
import type { Access, SentinelGroup } from "./options.ts";
import { interviewer } from "./question.ts";
import { ownFault, Refused } from "./refusal.ts";
import { GRANT, type ServerState } from "./state.ts";
import type { Agreement } from "./votes.ts";
import { type SentinelWatch, watchSentinels } from "./watch.ts";

/** What is known when a server is judged. */
export interface Known {
  readonly target: Target;
  /** host:port of the target as it is configured. */
  readonly self: string;
  readonly state: ServerState;
  readonly agreed: Agreement | null;
  readonly lagBytes: number | null;
}

/** What a kind of Redis check adds to the questions. */
export interface Kind {
  readonly access: Access;
  readonly freshEvery: number;
  readonly group: SentinelGroup | null;
  /** Replication offset of the master at host:port. */
  readonly masterOffset: (master: string) => Promise<number | null>;
  readonly judge: (known: Known) => Fitness;
  readonly close: () => void;
}

/** What all probes of a pool share. */
interface Shared extends Kind {
  readonly open: ReturnType<typeof opener>;
  readonly watch: SentinelWatch | null;
  /** ip:port of a connection -> the target's host:port, as servers and Sentinels know each other by address. */
  readonly spelling: Map<string, string>;
}

const opener = (access: Access, env: Env) => {
  const lookup = steadyLookup(env.clock);
  return (target: Target, dropped: () => void, signal: AbortSignal) =>
    openConnection(target, { access, lookup, dropped, limitMs: null }, signal);
};

/** A Redis check of one pool: one kept connection a target, one watch of the Sentinels for all. */
export function redisCheck(kind: Kind, env: Env): Check {
  const watch = kind.group === null ? null : watchSentinels(kind.group, env, steadyLookup(env.clock));
  const shared: Shared = { ...kind, open: opener(kind.access, env), watch, spelling: new Map() };
  return {
    open: (target, hint) => probe(target, hint, shared),
    async close() {
      watch?.close();
      kind.close();
    },
  };
}

function probe(target: Target, hint: Hint, shared: Shared): Probe {
  const { access, watch } = shared;
  const leave = watch?.join(hint);
  const kept = keep((signal, dropped) => shared.open(target, dropped, signal), shared.freshEvery, hint);
  const interview = interviewer();
  const user = access.username ?? "default";
  return {
    async ask(signal) {
      const agreement = watch?.agreement() ?? null;
      try {
        const state = await kept.talk(signal, (line, fresh) => {
          shared.spelling.set(line.peer, endpoint(target));
          return interview(line, fresh, signal);
        });
        return await report(target, state, await agreement, shared);
      } catch (error) {
        if (signal.aborted) throw error;
        return trouble(error, target, user);
      }
    },
    async close() {
      leave?.();
      kept.close();
    },
  };
}

async function report(target: Target, seen: ServerState, raw: Agreement | null, shared: Shared): Promise<Observation> {
  const spelled = (at: string): string => shared.spelling.get(at) ?? at;
  const self = endpoint(target);
  const offset = seen.linkUp && seen.follows !== null ? await shared.masterOffset(seen.follows) : null;
  const state = { ...seen, follows: seen.follows === null ? null : spelled(seen.follows) };
  const agreed = raw === null ? null : { ...raw, says: spelled(raw.says) };
  const lagBytes = offset === null ? null : Math.max(0, offset - state.offset);
  const known = { target, self, state, agreed, lagBytes };
  const { outcome, reason, badness } = shared.judge(known);
  const facts: Facts = { ...factsOf(known, shared.watch?.agreedAgo() ?? null), badness };
  const claim: Claim = claimOf(state, self, agreed);
  return { ...observed(outcome, reason, facts), claim };
}

function trouble(error: unknown, target: Target, user: string): Observation {
  if (!(error instanceof Refused)) return failed(error, endpoint(target));
  if (error.meaning === "ours") throw ownFault(error, user, GRANT);
  return observed(error.meaning === "full" ? "warn" : "fail", error.message);
}
