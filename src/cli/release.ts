import { loadSettings } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { PoolSettings } from "../config/settings.ts";
import type { Log } from "../contract.ts";
import { describeError } from "../errors.ts";
import { haproxyClient } from "../haproxy/client.ts";
import type { ServerSeen } from "../haproxy/server.ts";
import { fillPool } from "../outlets/publish/template.ts";
import type { RuntimeOptions } from "../outlets/runtime/options.ts";
import { isOurs, localAddresses } from "../outlets/runtime/ours.ts";
import { processClock } from "./environment.ts";
import { EXIT } from "./exit.ts";
import { plugins } from "./plugins.ts";
import { say } from "./say.ts";

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
  const filled = (text: string): string => fillPool(text, { pool: pool.name, group: pool.group });
  const configured = runtimes.flatMap(({ sockets: own, backend }) =>
    own.map((socket) => ({ socket: filled(socket), backend: filled(backend), ports })),
  );
  if (sockets.length === 0) return configured;
  const backends = runtimes.length === 0 ? [pool.name] : runtimes.map(({ backend }) => filled(backend));
  return sockets.flatMap((socket) => backends.map((backend) => ({ socket, backend, ports })));
}

/**
 * Lets a server go that our agent keeps down. HAProxy brings it up whatever its own check says, until that looks again:
 * one that it found dead is said to be so at once.
 */
function releaseCommands(backend: string, { name, checkHealthy }: ServerSeen): readonly string[] {
  const path = `${backend}/${name}`;
  const up = `set server ${path} agent up`;
  return checkHealthy === false ? [up, `set server ${path} health down`] : [up];
}

/** Says `agent up` for every server of ours at one place that the agent keeps down, so that HAProxy's own check decides. */
async function releasePlace({ socket, backend, ports }: Place, log: Log): Promise<readonly string[]> {
  const client = haproxyClient({ address: socket, timeoutMs: SOCKET_MS, clock: processClock(log) });
  const signal = new AbortController().signal;
  const servers = await client.servers(backend, signal);
  const local = localAddresses();
  const pinned = [...servers.values()].filter(
    (server) => server.agentHealth === 0 && server.agentEnabled && isOurs(server, ports, local),
  );
  await client.change(
    pinned.flatMap((server) => releaseCommands(backend, server)),
    signal,
  );
  return pinned.map(({ name }) => name);
}

/** Lets go of HAProxy: a checkd that is gone must not keep anybody down. */
export async function release(conf: string, sockets: readonly string[]): Promise<number> {
  const loaded = await loadSettings(conf, plugins, process.env);
  if ("problems" in loaded) {
    for (const problem of loaded.problems) say("error", formatProblem(problem));
    return EXIT.usage;
  }
  const { pools, agent } = loaded.settings;
  const shared = agent.listen.flatMap((text) => /:(\d+)$/.exec(text)?.[1] ?? []).map(Number);
  const places = pools.flatMap((pool) => {
    const own = agent.ports.filter((each) => each.pool === pool.name).map(({ port }) => port);
    return placesOf(pool, sockets, [...own, ...shared]);
  });
  if (places.length === 0) {
    say("error", `${conf} names no runtime socket: give --socket PATH`);
    return EXIT.usage;
  }
  const failures = new Set<string>();
  for (const place of places) {
    try {
      const names = await releasePlace(place, say);
      const what = names.length === 0 ? "nothing to release" : `released ${names.join(", ")}`;
      process.stdout.write(`${place.socket}: ${place.backend}: ${what}\n`);
    } catch (error) {
      // A socket that is away is so for all backends behind it.
      failures.add(describeError(error));
    }
  }
  for (const failure of failures) say("error", failure);
  return failures.size === 0 ? EXIT.ok : EXIT.unreachable;
}
