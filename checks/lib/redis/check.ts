import {
  type Check,
  type Claim,
  describeError,
  type Env,
  type Facts,
  type Hint,
  type Observation,
  OwnFault,
  type Probe,
  type Target,
} from "../../../src/index.ts";
import { keep } from "../kept.ts";
import { endpoint, failed, observed } from "../reason.ts";
import { steadyLookup } from "../tcp/lookup.ts";
import { claimOf, witnessOf } from "./claim.ts";
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
  const reportOn = reporter(target, shared);
  const user = access.username ?? "default";
  let led: Claim | null = null;
  return {
    async ask(signal) {
      const agreement = watch?.agreement() ?? null;
      try {
        const state = await kept.talk(signal, (line, fresh) => {
          if (fresh) shared.spelling.set(line.peer, endpoint(target));
          return interview(line, fresh, signal);
        });
        const offset = state.linkUp && state.follows !== null ? await shared.masterOffset(state.follows) : null;
        const raw = agreement === null ? null : await agreement;
        const seen = reportOn({ state, raw, offset });
        led = seen.claim?.role === "writer" ? seen.claim : null;
        return seen;
      } catch (error) {
        if (signal.aborted) throw error;
        return unasked(() => trouble(error, target, user), led, agreement, shared);
      }
    },
    async close() {
      leave?.();
      kept.close();
    },
  };
}

function spell(raw: Agreement | null, { spelling }: Shared): Agreement | null {
  return raw === null ? null : { ...raw, says: spelling.get(raw.says) ?? raw.says };
}

/** What a report is made of. */
interface Heard {
  readonly state: ServerState;
  /** What the Sentinels say; null without them. */
  readonly raw: Agreement | null;
  /** Offset of its master; null when not known or not asked. */
  readonly offset: number | null;
}

/** Makes the reports on one target; a master that says what it said last time gets the very report of last time. */
function reporter(target: Target, shared: Shared): (heard: Heard) => Observation {
  let last: { readonly state: ServerState; readonly seen: Observation } | null = null;
  return (heard) => {
    const { state, raw } = heard;
    if (last?.state === state && state.follows === null && raw === null) return last.seen;
    const seen = report(target, heard, shared);
    last = { state, seen };
    return seen;
  };
}

function report(target: Target, { state: seen, raw, offset }: Heard, shared: Shared): Observation {
  const self = endpoint(target);
  const state = { ...seen, follows: seen.follows && (shared.spelling.get(seen.follows) ?? seen.follows) };
  const agreed = spell(raw, shared);
  const lagBytes = offset === null ? null : Math.max(0, offset - state.offset);
  const known = { target, self, state, agreed, lagBytes };
  const { outcome, reason, badness } = shared.judge(known);
  const facts: Facts = { ...factsOf(known, shared.watch?.agreedAgo() ?? null), badness };
  const claim: Claim = claimOf(state, self, agreed);
  return { ...observed(outcome, reason, facts), claim };
}

/**
 * What came of a question that was not answered. By our own fault a master that led goes on to claim so, as the Sentinels
 * still speak: otherwise their agreement would age, and a changed password take the writer out.
 */
async function unasked(
  why: () => Observation,
  led: Claim | null,
  agreement: Promise<Agreement> | null,
  shared: Shared,
): Promise<Observation> {
  try {
    return why();
  } catch (fault) {
    const agreed = spell(await agreement, shared);
    if (led === null || agreed === null || !(fault instanceof OwnFault)) throw fault;
    return { ...observed("unknown", describeError(fault)), claim: { ...led, witness: witnessOf(agreed) } };
  }
}

function trouble(error: unknown, target: Target, user: string): Observation {
  if (!(error instanceof Refused)) return failed(error, endpoint(target));
  if (error.meaning === "ours") throw ownFault(error, user, GRANT);
  return observed(error.meaning === "full" ? "warn" : "fail", error.message);
}
