import { rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sleep, tempDir, until } from "../servers/process.ts";
import { type RedisGroup, type RedisServer, startGroup } from "../servers/redis.ts";
import { askAgent } from "./checkd.ts";
import { type Rig, startRig } from "./rig.ts";

// One story: each step goes on from the group as the last one left it. The HAProxies show three backends of the same
// servers: without and with the runtime push, each from the checkd beside it, and one for which both ask the first checkd.
const pools = ["plain", "pushed", "shared"] as const;
const WITNESS_AGE_MS = 4000;
/** A server that was a replica once comes back as the master it was when it died. */
const AS_MASTER = ["--replicaof", "no", "one"];

let group: RedisGroup;
let rig: Rig;

const server = (index: number): RedisServer => {
  const found = group.servers[index];
  if (found === undefined) throw new Error(`no server ${index}`);
  return found;
};
const nameOf = (one: RedisServer): string => `r${group.servers.indexOf(one) + 1}`;
const listedAs = ({ port }: RedisServer): string => `127.0.0.1-${port}`;
const say = (text: string): void => void process.stdout.write(`    ${text}\n`);
const roleOf = async (one: RedisServer): Promise<string> => String(await one.command("ROLE")).split(",")[0] ?? "";

const logOf = (index: number): string => rig.checkd(index).output();
const passwordFile = join(tempDir("redis-pw"), "monitor.pw");
/** Gives all servers the user anew, which closes the connections of the former one. */
async function login(password: string): Promise<void> {
  const rights = ["resetchannels", "-@all", "+ping", "+info", "+role", "+cluster|info"];
  for (const each of group.servers) {
    await each.command("ACL", "DELUSER", "monitor");
    await each.command("ACL", "SETUSER", "monitor", "on", `>${password}`, ...rights);
  }
}

beforeAll(async () => {
  writeFileSync(passwordFile, "monitor-pw", { mode: 0o600 });
  // Sentinels ping once a second: with 1 s a busy machine would make them change the master unasked.
  group = await startGroup({ downAfterMs: 2000, failoverTimeoutMs: 3000 });
  const servers = Object.fromEntries(group.servers.map((one) => [nameOf(one), one.port]));
  const targets = Object.fromEntries(group.servers.map((one) => [nameOf(one), one.address]));
  const check = { type: "redis-master", sentinels: group.sentinelAddresses, master_name: group.masterName };
  const user = { username: "monitor", password: `\${file:${passwordFile}}` };
  const pool = { role: "writer", witness_age: `${WITNESS_AGE_MS}ms`, check, targets };
  rig = await startRig({
    backends: [
      { pool: "plain", servers },
      { pool: "pushed", servers },
      { pool: "shared", servers, asks: "first" },
      { pool: "login", servers },
      { pool: "reads", servers: Object.fromEntries(group.servers.map((one) => [listedAs(one), one.port])) },
    ],
    config: ({ index, socket, stateDir }) => ({
      state_dir: stateDir,
      defaults: { every: "1s", timeout: "500ms" },
      pools: {
        plain: pool,
        pushed: { ...pool, runtime: { sockets: [socket] } },
        login: { ...pool, check: { ...check, ...user } },
        reads: { check: { ...check, type: "redis-replica" }, source: { ...check, type: "sentinel" } },
        ...(index === 0 ? { shared: pool } : {}),
      },
    }),
  });
  await Promise.all(pools.map((name) => rig.shows(name, ["r1"])));
  await rig.shows("reads", group.servers.slice(1).map(listedAs));
});

afterAll(async () => {
  rmSync(dirname(passwordFile), { recursive: true, force: true });
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
    const next = await takenOver(former, "kill -9");
    await former.restart(AS_MASTER);
    expect(await roleOf(former)).toBe("master");
    const claimedMs = await untilConverted(former);
    say(`the returned master said role:master for ${(claimedMs / 1000).toFixed(1)} s`);
    expect(claimedMs).toBeGreaterThan(3000);
    rig.neverTwoUp(...pools);
    for (const name of pools) expect(rig.apartMs(name)).toBe(0);
    await rig.shows("reads", group.servers.filter((one) => one !== next).map(listedAs));
    expect(rig.since("reads").filter(({ up }) => up.length === 0)).toEqual([]);
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
    await until("no other copy to be written", async () => (await former.command("SAVE")) === "OK");
    rig.mark();
    const [dead] = group.sentinels;
    dead?.signal("SIGKILL");
    former.signal("SIGKILL");
    await takenOver(former, "kill -9 with a dead Sentinel");
    await former.restart([...AS_MASTER, "--key-load-delay", "300", "--loading-process-events-interval-bytes", "1024"]);
    await expect(former.command("PING")).rejects.toThrow("LOADING");
    expect(await roleOf(former)).toBe("master");
    await untilConverted(former);
    await dead?.restart();
    rig.neverTwoUp(...pools);
    for (const name of pools) expect(rig.apartMs(name)).toBe(0);
  });

  it("fails over while one checkd is dead: when it comes back, the old master goes before the new one comes", async () => {
    const former = await until("a named master", () => group.named());
    rig.mark();
    await rig.kill(0, "SIGKILL");
    former.signal("SIGKILL");
    const next = await until("another to be named", async () => {
      const named = await group.named();
      return named !== former && named;
    });
    await until("the other HAProxy to follow", () => rig.watcher.now(1, "plain")?.up.join() === nameOf(next));
    for (const name of pools) expect(rig.watcher.now(0, name)?.up).toEqual([nameOf(former)]);
    await former.restart(AS_MASTER);
    await rig.restart(0);
    await Promise.all(pools.map((name) => rig.shows(name, [nameOf(next)])));
    rig.neverTwoUp(...pools);
    expect(rig.apartMs("shared")).toBe(0);
    expect(await roleOf(former)).toBe("master");
  });

  it("has no writer in a minority: two of three Sentinels are away longer than witness_age", async () => {
    const master = await until("a named master", () => group.named());
    rig.mark();
    const begun = performance.now();
    for (const each of group.sentinels.slice(0, 2)) each.signal("SIGKILL");
    await Promise.all(pools.map((name) => rig.shows(name, [])));
    const tookMs = performance.now() - begun;
    say(
      `no agreement any more: the writer is out after ${(tookMs / 1000).toFixed(1)} s, witness_age ${WITNESS_AGE_MS / 1000} s`,
    );
    expect(tookMs).toBeGreaterThan(WITNESS_AGE_MS - 1000);
    for (const each of group.sentinels.slice(0, 2)) await each.restart();
    await Promise.all(pools.map((name) => rig.shows(name, [nameOf(master)], 30_000)));
    rig.neverTwoUp(...pools);
  });

  it("keeps its writer when the password of all servers is changed, until the file of it is changed too", async () => {
    const master = await until("a named master", () => group.named());
    const bothSay = async (pattern: RegExp): Promise<boolean> => {
      const said = await Promise.all(rig.agentPorts.map((port) => askAgent(port, `login/${nameOf(master)}\n`)));
      return said.every((line) => pattern.test(line));
    };
    await login("monitor-pw");
    await until("both to see", () => bothSay(/^up #role:master/));
    await rig.shows("login", [nameOf(master)]);
    rig.mark();
    await login("changed");
    await until("both to be blind", () => bothSay(/^up #not known for/));
    await sleep(WITNESS_AGE_MS + 1500);
    expect(rig.story("login")).toBe("");
    writeFileSync(passwordFile, "changed");
    await until("both to see again", () => bothSay(/^up #role:master/));
    expect(rig.story("login")).toBe("");
    for (const index of [0, 1]) expect(logOf(index)).toMatch(/login\/r\d: cannot be judged .* alarm=blind/);
    expect(logOf(0) + logOf(1)).not.toMatch(/monitor-pw|changed/);
  });

  it("a checkd that was frozen for longer than witness_age changes nothing when it goes on", async () => {
    const master = await until("a named master", () => group.named());
    rig.mark();
    const before = logOf(0);
    rig.checkd(0).signal("SIGSTOP");
    await sleep(WITNESS_AGE_MS + 1000);
    rig.checkd(0).signal("SIGCONT");
    await sleep(2000);
    expect(logOf(0).slice(before.length)).not.toMatch(/ -> /);
    expect(rig.story()).toBe("");
    for (const name of pools) expect(rig.watcher.now(0, name)?.up).toEqual([nameOf(master)]);
  });
});
