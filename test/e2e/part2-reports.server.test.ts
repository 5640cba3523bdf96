import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FakeAnswer, type FakeMysql, type FakeScript, startFakeMysql } from "../servers/fake-mysql.ts";
import { startMemcached } from "../servers/memcached.ts";
import { sleep, until } from "../servers/process.ts";
import { askAgent } from "./checkd.ts";
import { type Rig, startRig } from "./rig.ts";

// What went wrong elsewhere, with servers that say exactly what those said: `odd` does it, `fine` is well throughout.
const MAX_LAG = 30;

let odd: FakeMysql;
let fine: FakeMysql;
let rig: Rig;

/** A replica of MySQL 8.4 whose status row says this. */
const replica = (status: () => FakeAnswer): FakeScript => ({
  version: "8.4.5",
  answer: (sql) => (sql.includes("@@version") ? [{ version: "8.4.5", read_only: 1 }] : status()),
});
const row = (lag: number | null, sqlRunning = "Yes"): FakeAnswer => [
  {
    Replica_IO_Running: "Yes",
    Replica_SQL_Running: sqlRunning,
    Seconds_Behind_Source: lag,
    SQL_Delay: 0,
    Source_Host: "10.0.0.9",
    Source_Port: 3306,
    Source_Server_Id: 9,
    Last_IO_Errno: 0,
    Last_SQL_Errno: 0,
    Channel_Name: "",
  },
];
/** A connection that stays open, or was closed by a server that has enough of them. */
function held(port: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect(port, "127.0.0.1", () => done(socket));
    socket.on("error", fail).resume();
  });
}
const asked = (): number => odd.asked.filter((sql) => sql.includes("STATUS")).length;
const saysOdd = (): Promise<string> => askAgent(rig.agentPorts[0] ?? 0, "reads/odd\n");
const isUp = (): Promise<readonly number[]> => rig.shows("reads", ["odd", "fine"]);
const isOut = (): Promise<readonly number[]> => rig.shows("reads", ["fine"]);

beforeAll(async () => {
  [odd, fine] = await Promise.all([startFakeMysql(replica(() => row(0))), startFakeMysql(replica(() => row(0)))]);
  const servers = { odd: odd.port, fine: fine.port };
  const targets = { odd: `127.0.0.1:${odd.port}`, fine: `127.0.0.1:${fine.port}` };
  const check = { type: "mysql-replica", user: "monitor", password: "pw", max_lag: `${MAX_LAG}s` };
  rig = await startRig({
    pairs: 1,
    backends: [{ pool: "reads", servers, line: "weight 100", agentInterMs: 200 }],
    config: () => ({
      defaults: { every: "200ms", fast: "100ms", timeout: "600ms" },
      pools: {
        reads: {
          ...{ check, targets, haproxy_weight: 100 },
          weight: { by: "lagSeconds", curve: { 0: 100, 10: 50, 30: 40 } },
        },
      },
    }),
  });
  await isUp();
});

afterAll(async () => {
  await rig?.stop();
  await Promise.all([odd, fine].map((each) => each?.stop()));
});

describe("reports of the field, through HAProxy", () => {
  it("patroni 3491: a replica that goes to and fro over the limit flaps; here it stays", async () => {
    // Too late for one question less than `fall`, then just not, and so on.
    let count = 0;
    odd.play(replica(() => row(count++ % 5 < 2 ? MAX_LAG + 1 : MAX_LAG)));
    await until("its lag to be seen", async () => (await saysOdd()).startsWith("up 40%"));
    await until("it to be shown so", () => {
      const shown = rig.watcher.now(0, "reads");
      return shown?.up.includes("odd") && shown.weights.odd === 40;
    });
    rig.mark();
    const before = asked();
    await until("forty questions", () => asked() >= before + 40);
    expect(rig.story()).toBe("");
  });

  it("vitess 9307: a NULL lag is taken for 0, and a replica that applies nothing gets all reads; here it gets none", async () => {
    odd.play(replica(() => row(null, "No")));
    await isOut();
    expect(await saysOdd()).toMatch(/^down #.*sql/);
    odd.play(replica(() => row(null)));
    await until("the other NULL to be seen", async () => /^down #.*lag/.test(await saysOdd()));
    rig.mark();
    const before = asked();
    await until("ten questions more", () => asked() >= before + 10);
    expect(rig.story()).toBe("");
  });

  it("proxysql 3340: a lag check that times out brings a late replica back; here it does not", async () => {
    odd.play(replica(() => row(900)));
    await until("the lag to be seen", async () => /^down #lag 15m/.test(await saysOdd()));
    rig.mark();
    odd.play(replica(() => "silence"));
    const before = asked();
    await until("ten time-outs", () => asked() >= before + 10, 20_000);
    expect(rig.story()).toBe("");
    // In between it passes once and goes silent again: that is no return either.
    let turn = 0;
    odd.play(replica(() => (turn++ % 2 === 0 ? row(0) : "silence")));
    const then = asked();
    await until("ten more", () => asked() >= then + 10, 20_000);
    expect(rig.story()).toBe("");
    odd.play(replica(() => row(0)));
    await isUp();
  });

  it("the limit of connections is reached on all: they are full, not dead, and serve on", async () => {
    rig.mark();
    const full = { ...replica(() => row(0)), turnAway: { errno: 1040, message: "Too many connections" } };
    for (const each of [odd, fine]) {
      each.play(full);
      each.hangUp();
    }
    await until("both to be full", async () =>
      /^up \d+% #kept as no target is fit.*1040|onnections/.test(await saysOdd()),
    );
    await sleep(1000);
    expect(rig.story()).toBe("");
    for (const each of [odd, fine]) each.play(replica(() => row(0)));
    await until("both to be fit again", async () => (await saysOdd()).startsWith("up 100% #lag 0"));
  });
});

describe("memcached behind its limit of connections", () => {
  it("is full, not dead: both serve on, and one that hangs goes", async () => {
    const servers = await Promise.all([1, 2].map(() => startMemcached()));
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error("no servers");
    const clients: Socket[] = [];
    const cache = await startRig({
      pairs: 1,
      backends: [{ pool: "cache", servers: { m1: first.port, m2: second.port }, agentInterMs: 200 }],
      config: () => ({
        defaults: { every: "200ms", fast: "100ms", timeout: "300ms" },
        pools: {
          cache: {
            check: { type: "memcached", fresh_every: 1 },
            targets: { m1: `127.0.0.1:${first.port}`, m2: `127.0.0.1:${second.port}` },
          },
        },
      }),
    });
    try {
      await cache.shows("cache", ["m1", "m2"]);
      cache.mark();
      for (const { port } of servers) for (let i = 0; i < 70; i++) clients.push(await held(port));
      const says = (name: string): Promise<string> => askAgent(cache.agentPorts[0] ?? 0, `cache/${name}\n`);
      for (const name of ["m1", "m2"])
        await until(`${name} to be full`, async () =>
          /^up #kept as no target is fit.*turns connections away/.test(await says(name)),
        );
      await sleep(1000);
      expect(cache.story()).toBe("");
      for (const client of clients) client.destroy();
      for (const name of ["m1", "m2"])
        await until(`${name} to be fit`, async () => /^up #(?!kept)/.test(await says(name)));
      first.signal("SIGSTOP");
      await cache.shows("cache", ["m2"]);
      first.signal("SIGCONT");
      await cache.shows("cache", ["m1", "m2"]);
    } finally {
      for (const client of clients) client.destroy();
      await cache.stop();
      await Promise.all(servers.map((each) => each.stop()));
    }
  });
});
