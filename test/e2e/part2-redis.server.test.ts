import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep, until } from "../servers/process.ts";
import { type RedisGroup, type RedisServer, startGroup } from "../servers/redis.ts";
import { type Rig, startRig } from "./rig.ts";

// One story: each step goes on from the group as the last one left it. The HAProxies show three backends of the same
// servers: without and with the runtime push, each from the checkd beside it, and one for which both ask the first checkd.
const pools = ["plain", "pushed", "shared"] as const;
const WITNESS_AGE_MS = 4000;

let group: RedisGroup;
let rig: Rig;

const server = (index: number): RedisServer => {
  const found = group.servers[index];
  if (found === undefined) throw new Error(`no server ${index}`);
  return found;
};
const nameOf = (one: RedisServer): string => `r${group.servers.indexOf(one) + 1}`;
const say = (text: string): void => void process.stdout.write(`    ${text}\n`);
const roleOf = async (one: RedisServer): Promise<string> => String(await one.command("ROLE")).split(",")[0] ?? "";

beforeAll(async () => {
  // Sentinels ping once a second: with 1 s a busy machine would make them change the master unasked.
  group = await startGroup({ downAfterMs: 2000, failoverTimeoutMs: 3000 });
  const servers = Object.fromEntries(group.servers.map((one) => [nameOf(one), one.port]));
  const targets = Object.fromEntries(group.servers.map((one) => [nameOf(one), one.address]));
  const check = { type: "redis-master", sentinels: group.sentinelAddresses, master_name: group.masterName };
  const pool = { role: "writer", witness_age: `${WITNESS_AGE_MS}ms`, check, targets };
  rig = await startRig({
    backends: [
      { pool: "plain", servers },
      { pool: "pushed", servers },
      { pool: "shared", servers, asks: "first" },
    ],
    config: ({ index, socket, stateDir }) => ({
      state_dir: stateDir,
      defaults: { every: "1s", timeout: "500ms" },
      pools: {
        plain: pool,
        pushed: { ...pool, runtime: { sockets: [socket] } },
        ...(index === 0 ? { shared: pool } : {}),
      },
    }),
  });
  await Promise.all(pools.map((name) => rig.shows(name, ["r1"])));
});

afterAll(async () => {
  await rig?.stop();
  await group?.stop();
});

/** Resolves when the Sentinels name another than `former` and every backend of every HAProxy shows it alone. */
async function takenOver(former: RedisServer, how: string): Promise<RedisServer> {
  const next = await until("another to be named", async () => {
    const named = await group.named();
    return named !== former && named;
  });
  await Promise.all(pools.map((name) => rig.shows(name, [nameOf(next)])));
  const times = pools.map((name) => `${name} ${rig.upAfterMs(name, nameOf(next))?.toFixed(0)} ms`);
  say(`${how}, to the new master up in both HAProxies: ${times.join(", ")}`);
  return next;
}

/** Follows a former master from the moment it answers again until it is a replica; gives for how long it said role:master. */
async function untilConverted(former: RedisServer): Promise<number> {
  const since = performance.now();
  await until("the former master to be a replica", async () => (await roleOf(former)) === "slave", 40_000, 100);
  return performance.now() - since;
}

describe("a Redis master that three Sentinels watch, behind two HAProxies with a checkd each", () => {
  it("has a rig that notices two servers up", async () => {
    rig.mark();
    await sleep(100);
    rig.neverTwoUp(...pools);
    const [haproxy] = rig.haproxies;
    await haproxy?.command("set server plain/r2 agent up");
    await until("the watcher to see it", () => rig.twoUp(pools).length > 0);
    expect(() => rig.neverTwoUp(...pools)).toThrow(/r1\+r2/);
    expect(rig.apartMs("shared")).toBe(0);
    await rig.shows("plain", ["r1"]);
  });

  it("kill -9, and the old master back at once, which says role:master until the Sentinels turn it", async () => {
    const former = server(0);
    rig.mark();
    former.signal("SIGKILL");
    await takenOver(former, "kill -9");
    await former.restart();
    expect(await roleOf(former)).toBe("master");
    const claimedMs = await untilConverted(former);
    say(`the returned master said role:master for ${(claimedMs / 1000).toFixed(1)} s`);
    expect(claimedMs).toBeGreaterThan(3000);
    rig.neverTwoUp(...pools);
    for (const name of pools) expect(rig.apartMs(name)).toBe(0);
  });

  it("SIGSTOP, and the old master awake again in the middle of it all", async () => {
    const former = await until("a named master", () => group.named());
    rig.mark();
    former.signal("SIGSTOP");
    await takenOver(former, "SIGSTOP");
    former.signal("SIGCONT");
    expect(await roleOf(former)).toBe("master");
    const claimedMs = await untilConverted(former);
    say(`the thawed master said role:master for ${(claimedMs / 1000).toFixed(1)} s`);
    rig.neverTwoUp(...pools);
    for (const name of pools) expect(rig.apartMs(name)).toBe(0);
  });

  it("kill -9 with a Sentinel dead, and the old master back loading its data, with role:master on its lips", async () => {
    const former = await until("a named master", () => group.named());
    await former.command("EVAL", "for i=1,20000 do redis.call('set', 'key' .. i, i) end", "0");
    await former.command("SAVE");
    rig.mark();
    const [dead] = group.sentinels;
    dead?.signal("SIGKILL");
    former.signal("SIGKILL");
    await takenOver(former, "kill -9 with a dead Sentinel");
    await former.restart(["--key-load-delay", "300", "--loading-process-events-interval-bytes", "1024"]);
    await expect(former.command("PING")).rejects.toThrow("LOADING");
    expect(await roleOf(former)).toBe("master");
    await untilConverted(former);
    await dead?.restart();
    rig.neverTwoUp(...pools);
    for (const name of pools) expect(rig.apartMs(name)).toBe(0);
  });
});
