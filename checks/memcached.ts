import { hostname } from "node:os";
import { defineChecker, type Env, type Hint, type Observation, type Probe, type Target } from "../src/index.ts";
import { keep } from "./lib/kept.ts";
import { openBinary } from "./lib/memcached/binary.ts";
import { type Cache, type Login, type OpenCache, type Sample, TurnedAway } from "./lib/memcached/cache.ts";
import { metaDialogue, textDialogue } from "./lib/memcached/dialogue.ts";
import { fitnessOf } from "./lib/memcached/fitness.ts";
import { lookAt, type Memory, memcachedFacts, unseen } from "./lib/memcached/health.ts";
import { type MemcachedOptions, memcachedOptions } from "./lib/memcached/options.ts";
import { openText } from "./lib/memcached/text-line.ts";
import { endpoint, failed, observed } from "./lib/reason.ts";
import { steadyLookup } from "./lib/tcp/lookup.ts";
import { tlsClient } from "./lib/tls.ts";

/** Stores, finds and deletes a value under a key of this process, and reads the statistics. */
export const memcached = defineChecker({
  name: "memcached",
  summary: "stores, finds and deletes a value; statistics as facts",
  options: memcachedOptions,
  facts: memcachedFacts,
  create(options, env) {
    const open = opener(options, env);
    return { open: (target, hint) => probe(target, hint, options, open), close: async () => {} };
  },
});

const OURS = `checkd:${hostname()
  .replace(/[^\w.-]/g, "_")
  .slice(0, 100)}:${process.pid}`;
let probes = 0;

/** Two checkers on one host, and two probes of one process, must not delete each other's value. */
function newKey(): string {
  probes += 1;
  return `${OURS}:${probes}`;
}

type Open = (target: Target, key: string, signal: AbortSignal, dropped: () => void) => Promise<Cache>;

function opener(options: MemcachedOptions, env: Env): Open {
  const lookup = steadyLookup(env.clock);
  const tls = options.tls === undefined ? null : tlsClient(options.tls);
  const { username, password } = options;
  const login: Login | null = username === undefined || password === undefined ? null : { username, password };
  const connect = protocolOf(options);
  return ({ host, port }, key, signal, dropped) =>
    connect({ host, port, lookup, login, key, dropped, tls: tls?.(host) ?? null }, signal);
}

function protocolOf({ protocol }: MemcachedOptions): OpenCache {
  switch (protocol) {
    case "ascii":
      return openText(textDialogue);
    case "meta":
      return openText(metaDialogue);
    case "binary":
      return openBinary;
    default:
      return protocol satisfies never;
  }
}

function probe(target: Target, hint: Hint, options: MemcachedOptions, open: Open): Probe {
  const key = newKey();
  const kept = keep<Cache>((signal, dropped) => open(target, key, signal, dropped), options.fresh_every, hint);
  const sample = sampler(key, options);
  let memory: Memory = unseen;
  let turnedAway = 0;

  const attempt = async (signal: AbortSignal): Promise<Observation> => {
    const given = sample();
    const trial = await kept.talk(signal, (cache) => cache.attempt(given, signal));
    const look = lookAt(trial.stats, memory, turnedAway);
    memory = look.memory;
    turnedAway = 0;
    const { outcome, reason } = fitnessOf(trial, given, look);
    return observed(outcome, reason, { ...look.facts, badness: outcome === "warn" ? 1 : 0 });
  };
  return {
    async ask(signal) {
      try {
        return await attempt(signal);
      } catch (error) {
        if (signal.aborted) throw error;
        if (!(error instanceof TurnedAway)) return failed(error, endpoint(target));
        turnedAway += 1;
        return observed("warn", `turns connections away: ${error.message}`, { badness: 1 });
      }
    },
    async close() {
      kept.close();
    },
  };
}

/** A new value each time, so that a former one found again is no success. */
function sampler(key: string, { value_size, ttl }: MemcachedOptions): () => Sample {
  const ttlSeconds = Math.max(1, Math.ceil(ttl / 1000));
  let turn = 0;
  return () => {
    turn += 1;
    return { key, ttlSeconds, value: Buffer.alloc(value_size, `${turn.toString(36)}.`) };
  };
}
