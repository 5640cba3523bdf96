import { rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sleep, tempDir, until } from "../servers/process.ts";
import { type RedisGroup, type RedisServer, startGroup } from "../servers/redis.ts";
import { askAgent } from "./checkd.ts";
import { type Rig, startRig } from "./rig.ts";

// As far as one machine can show it: the second checkd is left alone with the master, which nobody else reaches any more,
// while the other side keeps both replicas and two of three Sentinels, and promotes one.
const WITNESS_AGE_MS = 4000;
/** Where the master listens while it is cut off. */
const ISLAND = "127.0.0.7";
const POOL = "writes";

let group: RedisGroup;
let rig: Rig;
let nowhere: Server;
const dir = tempDir("partition");
const redirects = join(dir, "redirects.json");

const nameOf = (one: RedisServer): string => `r${group.servers.indexOf(one) + 1}`;
const say = (text: string): void => void process.stdout.write(`    ${text}\n`);
/** Ends the connections of all clients; those that still reach the server come again. */
async function hangUp(server: RedisServer): Promise<void> {
  for (const kind of ["normal", "pubsub", "replica", "master"])
    await server.command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes");
}

beforeAll(async () => {
  // Takes every connection and never says a word, as a network that swallows packets.
  nowhere = createServer((socket) => void socket.on("error", () => {}).resume());
  await new Promise<void>((done) => nowhere.listen(0, "127.0.0.1", done));
  group = await startGroup({ downAfterMs: 2000, failoverTimeoutMs: 3000 });
  const servers = Object.fromEntries(group.servers.map((one) => [nameOf(one), one.port]));
  const targets = Object.fromEntries(group.servers.map((one) => [nameOf(one), one.address]));
  const check = { type: "redis-master", sentinels: group.sentinelAddresses, master_name: group.masterName };
  const preload = new URL("redirect.mjs", import.meta.url).href;
  rig = await startRig({
    backends: [{ pool: POOL, servers }],
    config: ({ stateDir, socket }) => ({
      state_dir: stateDir,
      defaults: { every: "1s", timeout: "500ms" },
      pools: {
        [POOL]: { role: "writer", witness_age: `${WITNESS_AGE_MS}ms`, check, targets, runtime: { sockets: [socket] } },
      },
    }),
    env: (index) => (index === 1 ? { NODE_OPTIONS: `--import ${preload}`, REDIRECTS: redirects } : {}),
  });
  await rig.shows(POOL, ["r1"]);
});

afterAll(async () => {
  await rig?.stop();
  await group?.stop();
  nowhere?.close();
  rmSync(dir, { recursive: true, force: true });
});

it("a master alone in a minority goes down within witness_age, while the majority promotes another", async () => {
  const [master, ...others] = group.servers;
  const [lonely, ...majority] = group.sentinels;
  const address = nowhere.address();
  if (master === undefined || lonely === undefined || address === null || typeof address === "string")
    throw new Error("no group");
  const cutAt = rig.mark();
  const away = [...others, ...majority, lonely].map(({ port }) => [port, { host: "127.0.0.1", port: address.port }]);
  writeFileSync(redirects, JSON.stringify(Object.fromEntries([...away, [master.port, { host: ISLAND }]])));
  lonely.signal("SIGSTOP");
  await master.command("CONFIG", "SET", "bind", ISLAND);
  const island = new Redis({ host: ISLAND, port: master.port, lazyConnect: true, retryStrategy: null });
  island.on("error", () => {});
  await island.connect();
  for (const kind of ["normal", "pubsub", "replica"])
    await island.call("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes");
  await Promise.all([...others, ...majority].map(hangUp));

  await until("the lone master to be out", () => rig.watcher.now(1, POOL)?.up.length === 0);
  const outAfterMs = performance.now() - cutAt;
  expect(String(await island.call("ROLE"))).toMatch(/^master/);
  const next = await until("another to be promoted", async () =>
    others.find((one) => rig.watcher.now(0, POOL)?.up.join() === nameOf(one)),
  );
  const promoted = rig.since(POOL).find(({ haproxy, up }) => haproxy === 0 && up.join() === nameOf(next));
  say(`majority: ${nameOf(next)} up ${(((promoted?.at ?? 0) - cutAt) / 1000).toFixed(1)} s after the cut`);
  say(`minority: r1 out ${(outAfterMs / 1000).toFixed(1)} s after the cut, witness_age ${WITNESS_AGE_MS / 1000} s`);
  say(`both sides had a writer for ${rig.apartMs(POOL).toFixed(0)} ms`);
  await sleep(2000);
  expect(rig.watcher.now(1, POOL)?.up).toEqual([]);
  const said = await askAgent(rig.agentPorts[1] ?? 0, `${POOL}/r1\n`);
  expect(said).toMatch(/^down #no writer: no witness has agreed within 4s/);
  rig.neverTwoUp(POOL);

  // The network is whole again: the former master comes back with role:master, until the Sentinels turn it.
  rmSync(redirects);
  lonely.signal("SIGCONT");
  await island.call("CONFIG", "SET", "bind", "127.0.0.1").catch(() => {});
  island.disconnect();
  await Promise.all([...others, ...majority].map(hangUp));
  await rig.shows(POOL, [nameOf(next)]);
  await until(
    "the former master to be a replica",
    async () => String(await master.command("ROLE")).startsWith("slave"),
    40_000,
    100,
  );
  rig.neverTwoUp(POOL);
  for (const index of [0, 1]) expect(rig.watcher.now(index, POOL)?.up).toEqual([nameOf(next)]);
});
