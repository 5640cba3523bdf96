// Two thousand random events against a real HAProxy: whenever it is quiet, HAProxy is as it should be.
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { sources } from "../../checks/sources/index.ts";
import { loadText } from "../../src/config/load.ts";
import type { Registry, RegistryKind } from "../../src/contract.ts";
import { createEngine } from "../../src/engine/engine.ts";
import { asks, defineChecker, defineRegistry, RegistryError, z } from "../../src/index.ts";
import { outlets } from "../../src/outlets/index.ts";
import { registries } from "../../src/registry/index.ts";
import { HAPROXY_DEFAULTS, startHaproxy } from "../servers/haproxy.ts";
import { sleep, tempDir, until } from "../servers/process.ts";
import { clock } from "./runtime-rig.ts";

const EVENTS = 2000;
const SLOTS = 12;
const INSTANCES = 16;
const SEED = 20_261_120;

const stops: (() => unknown)[] = [];
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** A generator with a seed, so that a failure can be run again. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The name whose share of 0..1 a number falls into. */
function chosen<Name extends string>(shares: Readonly<Record<Name, number>>, number: number): Name | undefined {
  let from = 0;
  for (const name in shares) {
    from += shares[name];
    if (number < from) return name;
  }
  return undefined;
}

/** Passes a socket on and counts what is said that changes something. */
async function startCounter(real: string) {
  let commands = 0;
  const path = join(tempDir("counter"), "counter.sock");
  const server = createServer((socket) => {
    const behind = connect(real);
    const end = (one: Socket, other: Socket): void => {
      one.on("error", () => other.destroy());
      one.on("end", () => other.end());
    };
    end(socket, behind);
    end(behind, socket);
    socket.on("data", (chunk) => {
      commands += chunk.toString().match(/\b(set server|enable (health|agent)) /g)?.length ?? 0;
      behind.write(chunk);
    });
    behind.on("data", (chunk) => socket.write(chunk));
  });
  await new Promise<void>((done) => server.listen(path, done));
  stops.push(() => server.close());
  return { path, commands: () => commands };
}

/** A registry in memory that can be lost. */
function createLosable() {
  const memory = registries.get("memory");
  if (memory === undefined) throw new Error("no memory driver");
  const real = memory.create({}, { clock, log: () => {}, registry: () => real }) as Registry; // it can write
  let lost = new AbortController();
  let away = false;
  const gone = (): RegistryError => new RegistryError("unreachable", "away");
  const registry: Registry = {
    maxOps: real.maxOps,
    services: null,
    commit: (ops, signal) => real.commit(ops, signal),
    session: (ttl, signal) => real.session(ttl, signal),
    close: () => real.close(),
    async read(prefix, after, signal) {
      if (away) throw gone();
      const both = new AbortController();
      const stop = (): void => both.abort(gone());
      signal.addEventListener("abort", stop, { once: true });
      lost.signal.addEventListener("abort", stop, { once: true });
      return real.read(prefix, after, both.signal);
    },
  };
  const kind: RegistryKind = defineRegistry({
    name: "losable",
    summary: "memory that can be lost",
    options: z.strictObject({}),
    facts: {},
    create: () => registry,
  });
  return {
    kind,
    registry,
    lose() {
      away = true;
      lost.abort();
      lost = new AbortController();
    },
    find: () => {
      away = false;
    },
  };
}

const CONFIG = (socket: string): string => `
registries: { main: { driver: losable } }
pools:
  web:
    source: { type: registry, registry: main, path: apps/web }
    check: { type: scripted }
    every: 40ms
    fast: 10ms
    rise: 1
    fall: 1
    when_none_fit: none
    at_least: 0
    shrink_guard: { share: 100%, for: 0s }
    runtime: { sockets: ["${socket}"], slots: "web1..${SLOTS}" }
`;

it("is as the verdicts say whenever it is quiet, whatever happened before", { timeout: 180_000 }, async () => {
  const random = createRandom(SEED);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const haproxy = await startHaproxy({
    config: `${HAPROXY_DEFAULTS}\nbackend web\n  balance roundrobin\n  server-template web 1-${SLOTS} 127.0.0.1:1 weight 100 disabled\n`,
  });
  stops.push(() => haproxy.stop());
  const counter = await startCounter(haproxy.socket);
  const losable = createLosable();
  const failing = new Set<string>();
  const checker = defineChecker({
    name: "scripted",
    summary: "as the test says",
    options: z.strictObject({}),
    facts: {},
    create: () =>
      asks(async ({ host }) => ({
        outcome: failing.has(host) ? "fail" : "pass",
        reason: "as the test says",
        facts: {},
        weight: null,
        claim: null,
      })),
  });
  const loaded = await loadText(
    CONFIG(counter.path),
    "checkd.yaml",
    { checkers: new Map([["scripted", checker]]), sources, outlets, registries: new Map([["losable", losable.kind]]) },
    {},
  );
  if ("problems" in loaded) throw new Error(JSON.stringify(loaded.problems));
  const engine = createEngine({
    clock,
    log: () => {},
    stateDir: null,
    registry: () => losable.registry,
    observers: [],
  });
  const pieces = loaded.settings.pools.flatMap(({ name, outlets: all }) =>
    all.map(({ kind, options }) => ({
      part: kind.create(options, { ...engine.outletEnv(name), dryRun: false, agentPorts: () => [] }),
      holds: [],
    })),
  );
  await engine.configure(loaded.settings, pieces);
  stops.push(() => engine.stop(2000));

  const hosts = Array.from({ length: INSTANCES }, (_, index) => `127.1.0.${index + 1}`);
  const registered = new Set<string>();
  const known = (): string[] => [...(engine.board.pool("web")?.rows.values() ?? [])].map(({ target }) => target.host);
  const signal = new AbortController().signal;
  const write = (host: string, put: boolean) =>
    losable.registry.commit(
      [
        {
          key: `apps/web/${host}:80`,
          expect: "any",
          session: null,
          ...(put ? { put: "" } : { remove: true as const }),
        },
      ],
      signal,
    );
  const count = { join: 0, leave: 0, fail: 0, recover: 0, reload: 0, lose: 0, meddle: 0, quiet: 0 };
  let listed: ReadonlySet<string> | null = null; // while the registry is away: what was known before

  const slots = async () =>
    [...(await haproxy.state()).values()].map((row) => ({
      host: row.srv_addr ?? "",
      maint: (Number(row.srv_admin_state) & 1) !== 0,
      drain: (Number(row.srv_admin_state) & 8) !== 0,
      weight: row.srv_uweight,
    }));
  const noneTwice = (seen: Awaited<ReturnType<typeof slots>>): void => {
    const active = seen.filter(({ maint }) => !maint).map(({ host }) => host);
    expect(new Set(active).size, `an address in two slots: ${active.join()}`).toBe(active.length);
  };
  const isRight = async (): Promise<boolean> => {
    const seen = await slots();
    noneTwice(seen);
    const serving = seen.filter(({ maint, drain }) => !maint && !drain);
    const wanted = [...(listed ?? registered)].filter((host) => !failing.has(host));
    const fits = serving.every(({ host, weight }) => wanted.includes(host) && weight === "100");
    const draining = seen.some(({ maint, drain }) => !maint && drain);
    return fits && !draining && serving.length === Math.min(SLOTS, wanted.length);
  };
  const quiet = async (): Promise<void> => {
    count.quiet += 1;
    await until(`HAProxy to be right at ${JSON.stringify(count)}`, isRight, 15_000, 25);
  };

  const happen: Readonly<Record<Exclude<keyof typeof count, "quiet">, () => Promise<unknown>>> = {
    async join() {
      const host = pick(hosts.filter((each) => !registered.has(each)));
      if (host === undefined) return;
      registered.add(host);
      await write(host, true);
    },
    async leave() {
      const host = pick([...registered]);
      if (host === undefined) return;
      registered.delete(host);
      await write(host, false);
    },
    async fail() {
      const host = pick(hosts.filter((each) => !failing.has(each)));
      if (host !== undefined && failing.size < 6) failing.add(host);
    },
    async recover() {
      const host = pick([...failing]);
      if (host !== undefined) failing.delete(host);
    },
    reload: () => haproxy.reload(),
    async lose() {
      if (listed !== null) {
        losable.find();
        listed = null;
        return;
      }
      // What the registry said last must have arrived: nobody can know what it would have said.
      await until("the list", () => known().sort().join() === [...registered].sort().join());
      listed = new Set(registered);
      losable.lose();
    },
    meddle: () =>
      haproxy.command(
        `set server web/web${1 + Math.floor(random() * SLOTS)} ${pick(["state maint", "state drain", "weight 7"])}`,
      ),
  };
  const shares = { join: 0.33, leave: 0.27, fail: 0.17, recover: 0.2, lose: 0.015, reload: 0.011, meddle: 0.004 };
  for (let at = 0; at < EVENTS; at += 1) {
    const name = chosen(shares, random()) ?? "join";
    count[name] += 1;
    await happen[name]();
    if (random() < 0.1) await sleep(random() * 30);
    if (random() < 0.05) noneTwice(await slots());
    if (random() < 0.03) await quiet();
  }
  if (listed !== null) await happen.lose();
  await quiet();
  const total = counter.commands();
  // Quiet is quiet: whoever is as he should be is told nothing.
  await sleep(2500);
  expect(counter.commands()).toBe(total);
  const changes = count.join + count.leave + count.fail + count.recover + count.meddle;
  const most = 3 * changes + 2 * SLOTS * (count.reload + count.meddle);
  expect(total, JSON.stringify(count)).toBeLessThan(most);
  expect(total).toBeGreaterThan(changes / 4);
  expect(count.quiet).toBeGreaterThan(30);
});
