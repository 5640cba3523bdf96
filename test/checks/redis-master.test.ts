import { afterEach, describe, expect, it } from "vitest";
import { redisMaster } from "../../checks/redis-master.ts";
import { type FakeRedis, fakeRedis, masterScript, replicaScript, sentinelScript } from "../servers/fake-redis.ts";
import { misbehave } from "../servers/misbehaving.ts";
import { sleep, until } from "../servers/process.ts";
import { type Asking, expectSeen, openPool, openProbe } from "./asking.ts";

const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(made: T): T => {
  opened.push(made);
  return made;
};

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

const master = async (more = {}): Promise<FakeRedis> => keep(await fakeRedis({ ...masterScript(), ...more }));
const probeOf = (server: FakeRedis, options = {}): Asking =>
  keep(openProbe(redisMaster, options, { host: server.host, port: server.port }));

describe("redis-master: one kept connection", () => {
  it("is used for nine questions more, and a new one takes its place at the tenth", async () => {
    const server = await master();
    const probe = probeOf(server);
    for (let i = 0; i < 10; i++) expectSeen(await probe.ask(), "pass", /role:master/);
    expect(server.taken()).toBe(1);
    expectSeen(await probe.ask(), "pass", /role:master/);
    expect(server.taken()).toBe(2);
    await until("the former connection to be closed", () => server.sockets.size === 1);
    expect(probe.hints).toEqual([]);
  });

  it("is a new one at every question when asked so", async () => {
    const server = await master();
    const probe = probeOf(server, { fresh_every: 1 });
    for (let i = 0; i < 3; i++) await probe.ask();
    expect(server.taken()).toBe(3);
  });

  it("asks all in one write", async () => {
    const server = await master();
    const probe = probeOf(server);
    await probe.ask();
    const chunks: number[] = [];
    for (const socket of server.sockets) socket.on("data", (chunk: Buffer) => chunks.push(chunk.length));
    await probe.ask();
    expect(chunks).toHaveLength(1);
  });

  it("is given up when the server refuses the login, which leaves it open", async () => {
    const server = await master({ "AUTH MONITOR S3CRET": "-WRONGPASS invalid username-password pair" });
    const probe = probeOf(server, { username: "monitor", password: "s3cret" });
    for (let i = 0; i < 3; i++) expectSeen(await probe.ask(), "unknown", /WRONGPASS/);
    await until("all connections to be closed", () => server.sockets.size === 0);
  });

  it("gives the very observation of last time while the server says the same, and another at once when it does not", async () => {
    const server = await master();
    const probe = probeOf(server);
    const first = await probe.ask();
    expect(await probe.ask()).toBe(first);
    server.script = { ...server.script, PING: "-MISCONF Errors writing to disk" };
    expectSeen(await probe.ask(), "fail", /MISCONF/);
    server.script = masterScript({ connected_slaves: 3 });
    expectSeen(await probe.ask(), "pass", /with 3 replicas/);
    server.script = replicaScript("127.0.0.1", 7002);
    expectSeen(await probe.ask(), "fail", /role:slave of 127\.0\.0\.1:7002/);
    server.script = replicaScript("127.0.0.1", 7003);
    expectSeen(await probe.ask(), "fail", /role:slave of 127\.0\.0\.1:7003/);
    server.script = masterScript();
    expect(await probe.ask()).toEqual(first);
    expect(server.taken()).toBe(1);
  });

  it("hints when the server closes it between two questions", async () => {
    const server = await master();
    const probe = probeOf(server);
    await probe.ask();
    for (const socket of server.sockets) socket.destroy();
    await until("a hint", () => probe.hints.length > 0);
    expect(probe.hints).toEqual(["the server closed the kept connection"]);
  });

  it("hints when the server closes it in mid-question, and asks the same over a new one", async () => {
    const server = await master();
    const probe = probeOf(server);
    await probe.ask();
    for (const socket of server.sockets) socket.prependListener("data", () => socket.destroy());
    expectSeen(await probe.ask(), "pass", /role:master/);
    expect(probe.hints).toHaveLength(1);
    expect(server.taken()).toBe(2);
  });

  it("is destroyed after a time-out, so that no late answer is taken for the next one", async () => {
    const server = await master();
    const probe = probeOf(server);
    await probe.ask();
    const { "INFO REPLICATION": info, ...rest } = server.script;
    for (const socket of server.sockets) socket.removeAllListeners("data");
    expectSeen(await probe.ask(100), "fail", /connected, but no answer/);
    server.script = { ...rest, "INFO REPLICATION": info ?? null, ROLE: ["slave", "10.0.0.2", 6379, "connected", 5] };
    expectSeen(await probe.ask(), "fail", /role:slave of 10\.0\.0\.2:6379/);
    expect(server.taken()).toBe(2);
    expect(probe.hints).toEqual([]);
  });

  it("stays for the hint while no new one can be made, and is not asked", async () => {
    const server = await master();
    const probe = probeOf(server, { fresh_every: 2 });
    await probe.ask();
    await probe.ask();
    const full = "-ERR max number of clients reached";
    server.script = { ...masterScript(), PING: full, ROLE: full, "INFO REPLICATION": full };
    expectSeen(await probe.ask(), "warn", /max number of clients/);
    expectSeen(await probe.ask(), "warn", /max number of clients/);
    expect(server.taken()).toBe(3);
    await until("only the kept one to be open", () => server.sockets.size === 1);
    for (const socket of server.sockets) socket.destroy();
    await until("a hint", () => probe.hints.length === 1);
  });
});

describe("redis-master: login", () => {
  it("sends user and password, and never the password alone", async () => {
    const server = await master({ "AUTH MONITOR S3CRET": "OK" });
    expectSeen(await probeOf(server, { username: "monitor", password: "s3cret" }).ask(), "pass", /role:master/);
    expect(server.heard[0]).toBe("AUTH monitor s3cret");
  });

  it.each([
    ["-WRONGPASS invalid username-password pair or user is disabled.", "unknown", /refuses the login of user default/],
    ["-ERR AUTH <password> called without any password configured for the default user.", "pass", /role:master/],
    ["-LOADING Redis is loading the dataset in memory", "fail", /LOADING/],
  ] as const)("is answered with %s", async (answer, outcome, reason) => {
    const seen = await probeOf(await master({ "AUTH S3CRET": answer }), { password: "s3cret" }).ask();
    expectSeen(seen, outcome, reason);
    expect(JSON.stringify(seen)).not.toContain("s3cret");
  });

  it("names the right that is missing", async () => {
    const denied = "-NOPERM this user has no permissions to run the 'info' command";
    const seen = await probeOf(await master({ "INFO REPLICATION": denied })).ask();
    expectSeen(seen, "unknown", /ACL SETUSER default on .*\+info/);
  });
});

describe("redis-master: state", () => {
  it("of a loading server says how far it is", async () => {
    const server = await master({
      PING: "-LOADING Redis is loading the dataset in memory",
      "INFO PERSISTENCE": "loading:1\r\nloading_loaded_perc:42.10\r\nloading_eta_seconds:7\r\n",
    });
    expectSeen(await probeOf(server).ask(), "fail", /LOADING its data set: 42\.10%, about 7s to go/);
  });

  it("of a cluster node is asked for the cluster's state, on a kept connection as well", async () => {
    const server = await master({
      "INFO CLUSTER": "# Cluster\r\ncluster_enabled:1\r\n",
      "CLUSTER INFO": "cluster_state:ok\r\ncluster_my_epoch:4\r\n",
    });
    const probe = probeOf(server);
    expect((await probe.ask()).claim?.term).toBe(4);
    server.script = { ...server.script, "CLUSTER INFO": "cluster_state:fail\r\n" };
    expectSeen(await probe.ask(), "fail", /cluster_state:fail/);
    expect(server.taken()).toBe(1);
  });
});

describe("redis-master: Sentinels", () => {
  const group = async (size: number, script: Parameters<typeof sentinelScript>) =>
    Promise.all(Array.from({ length: size }, async () => keep(await fakeRedis(sentinelScript(...script)))));
  const options = (sentinels: readonly FakeRedis[], more = {}) => ({
    sentinels: sentinels.map((each) => `127.0.0.1:${each.port}`),
    master_name: "mymaster",
    ...more,
  });

  it("witness the first answer already", async () => {
    const server = await master();
    const sentinels = await group(3, ["127.0.0.1", server.port]);
    const seen = await probeOf(server, options(sentinels)).ask();
    expect(seen.claim).toMatchObject({ role: "writer", term: 3, witness: { says: `127.0.0.1:${server.port}`, of: 3 } });
    expect(seen.claim?.witness?.votes).toBeGreaterThanOrEqual(2);
    expect(seen.facts).toMatchObject({ named: `127.0.0.1:${server.port}`, sentinels: 3, agreedSecondsAgo: 0 });
  });

  it("name a target by address that is configured by name", async () => {
    const server = await master();
    const sentinels = await group(3, ["127.0.0.1", server.port]);
    const probe = keep(openProbe(redisMaster, options(sentinels), { host: "localhost", port: server.port }));
    const seen = await probe.ask();
    expect(seen).toMatchObject({ outcome: "pass", claim: { witness: { says: `localhost:${server.port}` } } });
  });

  it("are subscribed to once for all targets of a pool, and asked for as one", async () => {
    const servers = [await master(), await master(), await master()];
    const [sentinel, ...others] = await group(3, ["127.0.0.1", servers[0]?.port ?? 0]);
    const pool = openPool(redisMaster, options([...(sentinel ? [sentinel] : []), ...others]), servers).map(keep);
    for (let i = 0; i < 3; i++) await Promise.all(pool.map((probe) => probe.ask()));
    await until("the subscription", () => sentinel?.heard.some((each) => each.startsWith("subscribe")) === true);
    expect(sentinel?.heard.filter((each) => each.startsWith("subscribe"))).toHaveLength(1);
    expect(sentinel?.taken()).toBe(2);
  });

  it.each([
    ["+switch-master", "mymaster 10.0.0.1 6379 10.0.0.2 6379", 1],
    ["+sdown", "master mymaster 10.0.0.1 6379", 1],
    ["+odown", "master mymaster 10.0.0.1 6379 #quorum 2/2", 1],
    ["+sdown", "master another 10.0.0.1 6379", 0],
  ])("hint to all targets with %s %s", async (channel, message, hints) => {
    const servers = [await master(), await master()];
    const sentinels = await group(3, ["127.0.0.1", servers[0]?.port ?? 0]);
    const pool = openPool(redisMaster, options(sentinels), servers).map(keep);
    await Promise.all(pool.map((probe) => probe.ask()));
    const [first] = sentinels;
    await until("the subscription", () => first?.heard.some((each) => each.startsWith("subscribe")) === true);
    first?.shout(["message", channel, message]);
    if (hints === 0) await sleep(100);
    else await until("hints", () => pool.every((probe) => probe.hints.length >= hints));
    expect(pool.map((probe) => probe.hints)).toEqual(
      Array.from({ length: 2 }, () => Array.from({ length: hints }, () => expect.stringContaining(channel))),
    );
  });

  it("are hinted at when their majority names another", async () => {
    const server = await master();
    const sentinels = await group(3, ["127.0.0.1", server.port]);
    const probe = probeOf(server, options(sentinels));
    expectSeen(await probe.ask(), "pass", /role:master/);
    await sleep(60);
    for (const sentinel of sentinels) sentinel.script = sentinelScript("10.0.0.2", 6379, { epoch: 4 });
    expectSeen(await probe.ask(), "fail", /role:master, but [23] of 3 Sentinels name 10\.0\.0\.2:6379/);
    expect(probe.hints).toContain("the Sentinels now name 10.0.0.2:6379");
  });

  it("leave the claim alone while they hold the one they name for dead", async () => {
    const server = await master();
    const sentinels = await group(3, ["10.0.0.2", 6379, { flags: "s_down,o_down,master" }]);
    const seen = await probeOf(server, options(sentinels)).ask();
    expect(seen).toMatchObject({ outcome: "pass", claim: { role: "writer", witness: { says: "10.0.0.2:6379" } } });
  });

  it("that are a minority are told as such and not believed", async () => {
    const server = await master();
    const [one] = await group(1, ["10.0.0.2", 6379]);
    const dead = ["127.0.0.1:1", "127.0.0.1:2"];
    const sentinels = [`127.0.0.1:${one?.port}`, ...dead];
    const probe = probeOf(server, { sentinels, master_name: "mymaster" });
    const seen = await probe.ask();
    expect(seen).toMatchObject({ outcome: "pass", claim: { witness: { says: "10.0.0.2:6379", votes: 1, of: 3 } } });
    expect(seen.facts.agreedSecondsAgo).toBeNull();
    expect(probe.logged.filter((line) => line.includes("127.0.0.1:1:"))).toHaveLength(1);
  });

  it("that hang do not hold up the answer beyond their own limit", async () => {
    const server = await master();
    const sentinels = await group(1, ["127.0.0.1", server.port]);
    const hung = await Promise.all([1, 2].map(async () => keep(await misbehave("silent"))));
    const all = [...hung, ...sentinels].map((each) => `127.0.0.1:${each.port}`);
    const probe = probeOf(server, options([], { sentinel_timeout: "100ms", sentinels: all }));
    expectSeen(await probe.ask(2000), "pass", /role:master/);
    expectSeen(await probe.ask(), "pass", /role:master/);
  });

  it("that lost their quorum have no vote", async () => {
    const server = await master();
    const sentinels = await group(3, ["127.0.0.1", server.port, { quorum: "-NOQUORUM 1 usable Sentinels." }]);
    const seen = await probeOf(server, options(sentinels)).ask();
    expect(seen.claim?.witness).toEqual({ says: "", votes: 0, of: 3 });
  });

  const refusing = (denied: string) =>
    Object.fromEntries(Object.keys(sentinelScript("", 0)).map((command) => [command, denied]));

  it("go on speaking for a master that refuses our login since its password was changed", async () => {
    const server = await master();
    const sentinels = await group(3, ["127.0.0.1", server.port]);
    const probe = probeOf(server, options(sentinels));
    await probe.ask();
    server.script = Object.fromEntries(Object.keys(masterScript()).map((command) => [command, "-NOAUTH login first"]));
    await sleep(60);
    const seen = await probe.ask();
    expectSeen(seen, "unknown", /wants a login/);
    const witness = { says: `127.0.0.1:${server.port}`, votes: 3, of: 3 };
    expect(seen.claim).toMatchObject({ role: "writer", witness });
  });

  it("let nobody claim anew who only refuses our login", async () => {
    const server = await master();
    server.script = Object.fromEntries(Object.keys(masterScript()).map((command) => [command, "-NOAUTH login first"]));
    const probe = probeOf(server, options(await group(3, ["127.0.0.1", server.port])));
    const seen = await probe.ask();
    expectSeen(seen, "unknown", /wants a login/);
    expect(seen.claim).toBeNull();
  });

  it.each([
    ["all refuse our login: nothing is known of a partition", [true, true, true], null],
    ["two of three refuse it", [true, true, false], null],
    ["one refuses it, one is dead", [true, null, false], { votes: 1, of: 3 }],
  ] as const)("are a minority only when they are away: %s", async (_, kinds, witness) => {
    const server = await master();
    const scripts = { true: refusing("-WRONGPASS no"), false: sentinelScript("127.0.0.1", server.port) };
    const sentinels = await Promise.all(
      kinds.map(async (kind) => (kind === null ? { port: 1 } : keep(await fakeRedis(scripts[`${kind}`])))),
    );
    const given = { sentinels: sentinels.map(({ port }) => `127.0.0.1:${port}`), master_name: "mymaster" };
    const { claim } = await probeOf(server, given).ask();
    expect(claim?.witness ?? null).toEqual(witness === null ? null : expect.objectContaining(witness));
  });

  it("that refuse our login are named in the log, once", async () => {
    const server = await master();
    const script = refusing("-NOAUTH Authentication required.");
    const sentinels = await Promise.all([1, 2, 3].map(async () => keep(await fakeRedis(script))));
    const probe = probeOf(server, options(sentinels));
    expectSeen(await probe.ask(), "pass", /role:master/);
    await sleep(60);
    await probe.ask();
    expect(probe.logged.filter((line) => line.includes("NOAUTH"))).toHaveLength(3);
  });
});

describe("redis-master: options", () => {
  it.each([
    [{ sentinels: ["10.0.0.1:26379"] }, /sentinels and master_name are given together/],
    [{ master_name: "mymaster" }, /sentinels and master_name are given together/],
    [{ sentinels: ["10.0.0.1"], master_name: "m" }, /is no address/],
    [{ fresh_every: 0 }, /fresh_every/],
  ])("%j are refused", (options, problem) => {
    const parsed = redisMaster.options.safeParse(options);
    expect(JSON.stringify(parsed.error?.issues)).toMatch(problem);
  });
});

describe("redis-master: a replica", () => {
  it("fails for its role and still says whom it follows", async () => {
    const server = keep(await fakeRedis(replicaScript("10.0.0.9", 6379)));
    const seen = await probeOf(server).ask();
    expectSeen(seen, "fail", /role:slave of 10\.0\.0\.9:6379, wanted master/);
    expect(seen.claim).toMatchObject({ role: "reader", follows: "10.0.0.9:6379" });
  });
});
