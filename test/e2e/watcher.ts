import { connect } from "node:net";
import type { Haproxy } from "../servers/haproxy.ts";

/** What one HAProxy shows of one backend from then on. */
export interface Shown {
  /** Of performance.now(). */
  readonly at: number;
  readonly haproxy: number;
  readonly backend: string;
  /** Servers that take traffic, by name; nothing but the agent's word can take one out of it. */
  readonly up: readonly string[];
  /** Effective weight of every server. */
  readonly weights: Readonly<Record<string, number>>;
  /** Of every server its status and weight, for reading a failure. */
  readonly all: string;
}

/** Reads `show stat` of several HAProxies all the time and keeps every change. */
export interface Watcher {
  readonly changes: readonly Shown[];
  /** The newest of one backend; null before the first reading. */
  now(haproxy: number, backend: string): Shown | null;
  /** How many readings there were, and the longest time between two of one HAProxy. */
  readings(): { readonly count: number; readonly longestGapMs: number };
  stop(): Promise<void>;
}

const EVERY_MS = 10;

/** Moments in which the HAProxies together showed more than one server up in a backend, with how long each lasted. */
export function overlaps(changes: readonly Shown[], backend: string, from: number): readonly Overlap[] {
  const shown = new Map<number, readonly string[]>();
  const found: { servers: readonly string[]; at: number; ms: number }[] = [];
  let open: { servers: readonly string[]; at: number } | null = null;
  for (const change of changes) {
    if (change.backend !== backend) continue;
    shown.set(change.haproxy, change.up);
    if (change.at < from) continue;
    const servers = [...new Set([...shown.values()].flat())].sort();
    if (open !== null) found.push({ ...open, ms: change.at - open.at });
    open = servers.length > 1 ? { servers, at: change.at } : null;
  }
  return found;
}

/** So long the HAProxies were at odds about who serves. */
export interface Overlap {
  readonly servers: readonly string[];
  readonly at: number;
  readonly ms: number;
}

/** Starts to read; `everyMs` is the time from one reading to the next of the same HAProxy. */
export function watch(haproxies: readonly Haproxy[], everyMs = EVERY_MS): Watcher {
  const changes: Shown[] = [];
  const newest = new Map<string, Shown>();
  let count = 0;
  let longestGapMs = 0;
  let stopped = false;
  const note = (haproxy: number, at: number, stat: string): void => {
    for (const [backend, servers] of byBackend(stat)) {
      const key = `${haproxy} ${backend}`;
      const shown = { at, haproxy, backend, ...servers };
      if (newest.get(key)?.all === shown.all) continue;
      newest.set(key, shown);
      changes.push(shown);
    }
  };
  const loop = async (haproxy: Haproxy, index: number): Promise<void> => {
    let last = performance.now();
    while (!stopped) {
      const stat = await read(haproxy.socket).catch(() => null);
      const at = performance.now();
      if (stat !== null) {
        note(index, at, stat);
        count += 1;
        longestGapMs = Math.max(longestGapMs, at - last);
        last = at;
      }
      await new Promise((done) => setTimeout(done, Math.max(0, everyMs - (performance.now() - at))));
    }
  };
  const loops = haproxies.map(loop);
  return {
    changes,
    now: (haproxy, backend) => newest.get(`${haproxy} ${backend}`) ?? null,
    readings: () => ({ count, longestGapMs }),
    async stop() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

function read(socket: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = "";
    // Type 4: servers only, of all proxies.
    const connection = connect(socket, () => connection.write("show stat -1 4 -1\n"));
    connection.setEncoding("utf8").setTimeout(2000, () => connection.destroy(new Error("no answer of HAProxy")));
    connection.on("data", (text) => {
      answer += text;
    });
    connection.on("end", () => done(answer));
    connection.on("error", fail);
  });
}

function byBackend(stat: string): ReadonlyMap<string, Pick<Shown, "up" | "weights" | "all">> {
  const [head = "", ...lines] = stat.trim().split("\n");
  const names = head.replace(/^# /, "").split(",");
  const [proxy, server, status, weight] = ["pxname", "svname", "status", "weight"].map((name) => names.indexOf(name));
  const rows = lines.map((line) => line.split(","));
  const cell = (row: readonly string[], at = -1): string => row[at] ?? "";
  const backends = new Map<string, string[][]>();
  for (const row of rows) {
    const known = backends.get(cell(row, proxy));
    if (known === undefined) backends.set(cell(row, proxy), [row]);
    else known.push(row);
  }
  const described = [...backends].map(([backend, all]) => {
    // "no check" is how a server without a check of HAProxy's own shows that it is up.
    const up = all.filter((row) => /^(UP|no check)/.test(cell(row, status)) && cell(row, weight) !== "0");
    const text = all.map((row) => `${cell(row, server)} ${cell(row, status)} ${cell(row, weight)}`).join(", ");
    const weights = Object.fromEntries(all.map((row) => [cell(row, server), Number(cell(row, weight))]));
    return [backend, { up: up.map((row) => cell(row, server)), weights, all: text }] as const;
  });
  return new Map(described);
}
