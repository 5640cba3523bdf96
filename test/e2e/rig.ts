import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HAPROXY_DEFAULTS, type Haproxy, type HaproxyVersion, startHaproxy } from "../servers/haproxy.ts";
import { freePort, until } from "../servers/process.ts";
import { type Checkd, startCheckd } from "./checkd.ts";
import { overlaps, type Shown, type Watcher, watch } from "./watcher.ts";

/** One backend that every HAProxy of a rig has; its name is that of the pool. */
export interface Backend {
  readonly pool: string;
  /** Port by server name. */
  readonly servers: Readonly<Record<string, number>>;
  /** Whom the HAProxies ask: each the checkd beside it, or all the first one. */
  readonly asks?: "own" | "first";
  /** Words for all server lines, such as `weight 100`. */
  readonly line?: string;
  readonly agentInterMs?: number;
}

/** What the configuration of one checkd is made from. */
export interface Place {
  /** 0 for the first pair of HAProxy and checkd. */
  readonly index: number;
  /** Runtime socket of the HAProxy beside it. */
  readonly socket: string;
  /** Runtime sockets of all HAProxies. */
  readonly sockets: readonly string[];
  readonly stateDir: string;
}

export interface RigOptions {
  readonly backends: readonly Backend[];
  /** The pools of a checkd, and whatever else but `agent` its file has. */
  readonly config: (place: Place) => object;
  /** How many pairs of HAProxy and checkd; 2. */
  readonly pairs?: number;
  readonly versions?: readonly HaproxyVersion[];
  /** More of checkd's environment. */
  readonly env?: (index: number) => NodeJS.ProcessEnv;
}

/** Two checkd, two HAProxies, one set of servers, and somebody who looks every 10 ms. */
export interface Rig {
  readonly haproxies: readonly Haproxy[];
  readonly watcher: Watcher;
  readonly agentPorts: readonly number[];
  checkd(index: number): Checkd;
  /** Ends one checkd by a signal and waits until it is gone; HAProxy and servers stay. */
  kill(index: number, signal: NodeJS.Signals): Promise<void>;
  /** Starts it again, on its port and state. */
  restart(index: number): Promise<void>;
  /** Resolves when every HAProxy shows exactly these servers up in the backend; gives how long each took. */
  shows(backend: string, up: readonly string[], ms?: number): Promise<readonly number[]>;
  /** All moments since `mark()` in which some HAProxy showed more than one server up in one of these backends. */
  twoUp(backends: readonly string[]): readonly string[];
  /** Throws when there was such a moment, with the changes around it. */
  neverTwoUp(...backends: readonly string[]): void;
  /** How long, since `mark()`, the HAProxies together showed two servers up in a backend. */
  apartMs(backend: string): number;
  /** When, after `mark()`, the last HAProxy came to show exactly this server up in the backend; null: not yet. */
  upAfterMs(backend: string, server: string): number | null;
  /** What was before does not count any more; gives the time. */
  mark(): number;
  /** What changed in a backend since `mark()`, in all HAProxies. */
  since(backend?: string): readonly Shown[];
  /** Changes of a backend since `mark()`, in words, for reading a failure. */
  story(backend?: string): string;
  stop(): Promise<void>;
}

/** Loopback addresses from which the HAProxies ask: as two machines would, so that an agent can tell them apart. */
const sourceOf = (index: number): string => `127.0.0.${11 + index}`;

/**
 * Starts everything. HAProxy has each server up before its agent's first answer (configuration manual, agent-check), so a
 * test measures from `mark()` on, after the first `shows()`.
 */
export async function startRig(options: RigOptions): Promise<Rig> {
  const { pairs = 2, versions = ["2.6", "3.0"], backends } = options;
  const indexes = Array.from({ length: pairs }, (_, index) => index);
  const home = mkdtempSync(join(tmpdir(), "checkd-rig-"));
  const agentPorts = await Promise.all(indexes.map(() => freePort()));
  const stops: (() => Promise<unknown>)[] = [async () => rmSync(home, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const haproxies = await Promise.all(
      indexes.map((index) =>
        startHaproxy({ version: versions[index] ?? "2.6", config: haproxyConfig(backends, index, agentPorts) }),
      ),
    );
    stops.push(() => Promise.all(haproxies.map((each) => each.stop())));
    const sockets = haproxies.map(({ socket }) => socket);
    const checkds = new Map<number, Checkd>();
    const begin = async (index: number): Promise<void> => {
      const place = { index, socket: sockets[index] ?? "", sockets, stateDir: join(home, `state-${index}`) };
      const agent = { agent: { listen: `127.0.0.1:${agentPorts[index]}` } };
      checkds.set(index, await startCheckd({ ...agent, ...options.config(place) }, [], options.env?.(index)));
    };
    stops.push(() => Promise.all([...checkds.values()].map((each) => each.stop())));
    await Promise.all(indexes.map(begin));
    const watcher = watch(haproxies);
    stops.push(() => watcher.stop());
    return rigOf({ haproxies, agentPorts, watcher, checkds, begin, stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Parts {
  readonly haproxies: readonly Haproxy[];
  readonly agentPorts: readonly number[];
  readonly watcher: Watcher;
  readonly checkds: Map<number, Checkd>;
  readonly begin: (index: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

function rigOf({ haproxies, agentPorts, watcher, checkds, begin, stop }: Parts): Rig {
  let from = performance.now();
  const checkd = (index: number): Checkd => {
    const found = checkds.get(index);
    if (found === undefined) throw new Error(`no checkd ${index}`);
    return found;
  };
  const since = (backend?: string): readonly Shown[] =>
    watcher.changes.filter((each) => each.at >= from && (backend === undefined || each.backend === backend));
  const story = (backend?: string): string =>
    since(backend)
      .map((each) => inWords(each, from))
      .join("\n");
  const twoUp = (backends: readonly string[]): readonly string[] => {
    const standing = haproxies.flatMap((_, index) =>
      backends.flatMap((backend) => lastBefore(watcher.changes, index, backend, from) ?? []),
    );
    return [...standing, ...since()]
      .filter((each) => backends.includes(each.backend) && each.up.length > 1)
      .map((each) => inWords(each, from));
  };
  return {
    ...{ haproxies, agentPorts, watcher, checkd, stop, since, story, twoUp, restart: begin },
    async kill(index, signal) {
      const running = checkd(index);
      running.signal(signal);
      await running.exited;
    },
    shows: (backend, up, ms = 20_000) =>
      Promise.all(
        haproxies.map(async (_, index) => {
          const begun = performance.now();
          const wanted = [...up].sort().join();
          const isShown = (): boolean => [...(watcher.now(index, backend)?.up ?? [])].sort().join() === wanted;
          const failed = (error: unknown): never => {
            const output = [...checkds.values()].map((each) => each.output().slice(-3000)).join("\n---\n");
            throw new Error(`${String(error)}\n${story(backend)}\n${output}`);
          };
          await until(`${up.join(" and ")} up in ${backend} of HAProxy ${index}`, isShown, ms, 2).catch(failed);
          return performance.now() - begun;
        }),
      ),
    neverTwoUp(...backends) {
      const found = twoUp(backends);
      if (found.length > 0) throw new Error(`two servers were up at once:\n${found.join("\n")}\nin\n${story()}`);
    },
    apartMs: (backend) => overlaps(watcher.changes, backend, from).reduce((sum, { ms }) => sum + ms, 0),
    upAfterMs(backend, server) {
      const each = haproxies.map((_, index) =>
        since(backend).find(({ haproxy, up }) => haproxy === index && up.join() === server),
      );
      return each.includes(undefined) ? null : Math.max(...each.map((shown) => (shown?.at ?? 0) - from));
    },
    mark() {
      from = performance.now();
      return from;
    },
  };
}

function haproxyConfig(backends: readonly Backend[], index: number, agentPorts: readonly number[]): string {
  const texts = backends.map(({ pool, servers, asks = "own", line = "", agentInterMs = 500 }) => {
    const port = agentPorts[asks === "own" ? index : 0];
    const agent = `agent-check agent-addr 127.0.0.1 agent-port ${port} agent-inter ${agentInterMs}ms`;
    const lines = Object.entries(servers).map(
      ([name, at]) =>
        `  server ${name} 127.0.0.1:${at} ${line} ${agent} agent-send "${pool}/${name}\\n" source ${sourceOf(index)}`,
    );
    return `backend ${pool}\n  balance roundrobin\n${lines.join("\n")}\n`;
  });
  return `${HAPROXY_DEFAULTS}\n${texts.join("\n")}`;
}

function lastBefore(changes: readonly Shown[], haproxy: number, backend: string, at: number): Shown | null {
  return changes.findLast((each) => each.at < at && each.haproxy === haproxy && each.backend === backend) ?? null;
}

const inWords = ({ at, haproxy, backend, up, all }: Shown, from: number): string =>
  `${(at - from).toFixed(0).padStart(6)} ms HAProxy ${haproxy} ${backend}: ${up.join("+") || "none"} (${all})`;
