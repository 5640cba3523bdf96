import type { Facts } from "../../../src/index.ts";

/** The facts of a memcached check, with their meaning. */
export const memcachedFacts = {
  connections: "connections that are open",
  maxConnections: "connections that the server permits",
  connectionsPercent: "open connections, in percent of those permitted",
  rejectedConnections: "connections turned away since its start",
  bytes: "bytes that are stored",
  limitBytes: "bytes that it may store",
  memoryPercent: "stored bytes, in percent of those permitted",
  evictions: "values thrown out before their time since its start",
  uptimeSeconds: "seconds since its start",
  restarts: "restarts seen so far: its cache is cold after one",
  version: "version of the server",
  badness: "1 while it is full, 0 otherwise",
} as const satisfies Readonly<Record<string, string>>;

type Stats = ReadonlyMap<string, string>;

/** What is remembered of a server between two looks. */
export interface Memory {
  readonly uptimeSeconds: number | null;
  readonly rejected: number | null;
  readonly restarts: number;
}

/** What a look at the statistics tells beside the facts. */
export interface Look {
  readonly memory: Memory;
  /** The uptime has dropped since the last look. */
  readonly restarted: boolean;
  /** Why it is at its limit of connections; null when it is not. */
  readonly crowded: string | null;
  readonly facts: Facts;
}

/** A server of which nothing is known. */
export const unseen: Memory = { uptimeSeconds: null, rejected: null, restarts: 0 };

const numberOf = (stats: Stats, name: string): number | null => {
  const value = Number(stats.get(name) ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
};

const percent = (part: number | null, whole: number | null): number | null =>
  part === null || whole === null || whole <= 0 ? null : Math.round((part / whole) * 1000) / 10;

/** Compares statistics with the former ones; `turnedAway` of our own connections were refused in between. */
export function lookAt(stats: Stats | null, was: Memory, turnedAway: number): Look {
  const read = (name: string): number | null => (stats === null ? null : numberOf(stats, name));
  const uptimeSeconds = read("uptime");
  const restarted = uptimeSeconds !== null && was.uptimeSeconds !== null && uptimeSeconds < was.uptimeSeconds;
  const rejected = read("rejected_connections");
  const memory: Memory = {
    uptimeSeconds: uptimeSeconds ?? was.uptimeSeconds,
    rejected: rejected ?? was.rejected,
    restarts: was.restarts + (restarted ? 1 : 0),
  };
  const before = restarted ? 0 : was.rejected;
  const strangers = rejected === null || before === null ? 0 : rejected - before - turnedAway;
  return { memory, restarted, crowded: crowdedBy(read, strangers), facts: factsOf(read, stats, memory.restarts) };
}

type Read = (name: string) => number | null;

function crowdedBy(read: Read, strangers: number): string | null {
  const used = `${read("curr_connections")} of ${read("max_connections")} connections`;
  if (read("accepting_conns") === 0) return `accepts no connections, ${used} are open`;
  if (strangers <= 0) return null;
  const some = strangers === 1 ? "a connection" : `${strangers} connections`;
  return `turned ${some} away since the last look, ${used} are open`;
}

function factsOf(read: Read, stats: Stats | null, restarts: number): Facts {
  return {
    connections: read("curr_connections"),
    maxConnections: read("max_connections"),
    connectionsPercent: percent(read("curr_connections"), read("max_connections")),
    rejectedConnections: read("rejected_connections"),
    bytes: read("bytes"),
    limitBytes: read("limit_maxbytes"),
    memoryPercent: percent(read("bytes"), read("limit_maxbytes")),
    evictions: read("evictions"),
    uptimeSeconds: read("uptime"),
    restarts,
    version: stats?.get("version") ?? null,
  };
}
