import { loadSettings } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { PoolSettings } from "../config/settings.ts";
import type { Log } from "../contract.ts";
import { describeError } from "../errors.ts";
import { haproxyClient } from "../haproxy/client.ts";
import { isDown, isMaint } from "../haproxy/server.ts";
import { fillPool } from "../outlets/publish/template.ts";
import type { RuntimeOptions } from "../outlets/runtime/options.ts";
import { isOurs } from "../outlets/runtime/push.ts";
import { processClock } from "./environment.ts";
import { EXIT } from "./exit.ts";
import { plugins } from "./plugins.ts";

/** Where servers of ours are: a socket, a backend, and the ports on which we answer for it. */
interface Place {
  readonly socket: string;
  readonly backend: string;
  readonly ports: readonly number[];
}

const SOCKET_MS = 1000;

function placesOf(pool: PoolSettings, sockets: readonly string[], ports: readonly number[]): Place[] {
  const runtimes = pool.outlets
    .filter(({ kind }) => kind.name === "runtime")
    .map(({ options }) => options as RuntimeOptions);
  const configured = runtimes.flatMap((given) =>
    given.sockets.map((socket) => ({
      socket,
      backend: fillPool(given.backend, { pool: pool.name, group: pool.group }),
      ports,
    })),
  );
  if (sockets.length === 0) return configured;
  const backends =
    runtimes.length === 0
      ? [pool.name]
      : runtimes.map(({ backend }) => fillPool(backend, { pool: pool.name, group: pool.group }));
  return sockets.flatMap((socket) => backends.map((backend) => ({ socket, backend, ports })));
}

/** Says `agent up` for every server of ours at one place, so that HAProxy's own check decides; gives how many. */
async function releasePlace({ socket, backend, ports }: Place, log: Log): Promise<number> {
  const client = haproxyClient({ address: socket, timeoutMs: SOCKET_MS, clock: processClock(log) });
  const signal = new AbortController().signal;
  const servers = await client.servers(backend, signal);
  // One that its own check keeps down shows UP until that check has looked again: better than down for ever.
  const ours = [...servers.values()].filter((server) => isOurs(server, ports) && isDown(server) && !isMaint(server));
  await client.change(
    ours.map(({ name }) => `set server ${backend}/${name} agent up`),
    signal,
  );
  return ours.length;
}

/** Lets go of HAProxy: a checkd that is gone must not keep anybody down. */
export async function release(conf: string, sockets: readonly string[]): Promise<number> {
  const loaded = await loadSettings(conf, plugins, process.env);
  if ("problems" in loaded) {
    for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return EXIT.usage;
  }
  const { pools, agent } = loaded.settings;
  const shared = agent.listen.flatMap((text) => /:(\d+)$/.exec(text)?.[1] ?? []).map(Number);
  const places = pools.flatMap((pool) => {
    const own = agent.ports.filter((each) => each.pool === pool.name).map(({ port }) => port);
    return placesOf(pool, sockets, [...own, ...shared]);
  });
  if (places.length === 0) {
    process.stderr.write(`${conf} names no runtime socket: give --socket PATH\n`);
    return EXIT.usage;
  }
  const log: Log = (_, text) => void process.stderr.write(`${text}\n`);
  let failures = 0;
  for (const place of places) {
    try {
      process.stdout.write(`${place.socket}: ${await releasePlace(place, log)} servers of ${place.backend} released\n`);
    } catch (error) {
      process.stderr.write(`${describeError(error)}\n`);
      failures += 1;
    }
  }
  return failures === 0 ? EXIT.ok : EXIT.unreachable;
}
