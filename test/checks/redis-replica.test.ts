import { afterEach, describe, expect, it } from "vitest";
import { redisReplica } from "../../checks/redis-replica.ts";
import { type FakeRedis, fakeRedis, masterScript, replicaScript, type Script } from "../servers/fake-redis.ts";
import { misbehave } from "../servers/misbehaving.ts";
import { type Asking, expectSeen, openPool, openProbe } from "./asking.ts";

const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(made: T): T => {
  opened.push(made);
  return made;
};

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

const serve = async (script: Script): Promise<FakeRedis> => keep(await fakeRedis(script));
const probeOf = (server: FakeRedis, options = {}, part: "member" | "backup" = "member"): Asking =>
  keep(openProbe(redisReplica, options, { port: server.port, part }));

describe("redis-replica: lag in bytes", () => {
  it("is what its master has beyond it", async () => {
    const master = await serve(masterScript({ master_repl_offset: 5000 }));
    const replica = await serve(replicaScript("127.0.0.1", master.port, { slave_repl_offset: 4000 }));
    const probe = probeOf(replica, { max_lag_bytes: 1000 });
    const seen = await probe.ask();
    expectSeen(seen, "pass", /replica of 127\.0\.0\.1:\d+, 1000 bytes behind/);
    expect(seen.facts.lagBytes).toBe(1000);
    master.script = masterScript({ master_repl_offset: 5001 });
    expectSeen(await probe.ask(), "warn", /1001 bytes behind .* allowed are 1000/);
  });

  it("is never below zero, when the replica got more while its master was asked", async () => {
    const master = await serve(masterScript({ master_repl_offset: 10 }));
    const replica = await serve(replicaScript("127.0.0.1", master.port, { slave_repl_offset: 4000 }));
    expect((await probeOf(replica).ask()).facts.lagBytes).toBe(0);
  });

  it("is asked of the master over one connection for all its replicas", async () => {
    const master = await serve(masterScript());
    const servers = await Promise.all([1, 2, 3].map(() => serve(replicaScript("127.0.0.1", master.port))));
    const pool = openPool(redisReplica, {}, servers).map(keep);
    for (let i = 0; i < 3; i++) await Promise.all(pool.map((probe) => probe.ask()));
    expect(master.taken()).toBe(1);
  });

  it("follows a change of master", async () => {
    const [former, next] = [await serve(masterScript()), await serve(masterScript({ master_repl_offset: 2000 }))];
    const replica = await serve(replicaScript("127.0.0.1", former.port));
    const probe = probeOf(replica);
    expect((await probe.ask()).facts.lagBytes).toBe(100);
    replica.script = replicaScript("127.0.0.1", next.port);
    expect((await probe.ask()).facts.lagBytes).toBe(1100);
  });

  it.each(["silent", "refused", "polite close", "wrong protocol"] as const)(
    "is not known, and spoils nothing, when the master is %s",
    async (how) => {
      const master = keep(await misbehave(how));
      const probe = probeOf(await serve(replicaScript("127.0.0.1", master.port)));
      for (let i = 0; i < 3; i++) {
        const seen = await probe.ask(3000);
        expectSeen(seen, "pass", /replica of/);
        expect(seen.facts.lagBytes).toBeNull();
      }
      expect(probe.logged.filter((line) => line.includes("lag in bytes is not known"))).toHaveLength(1);
    },
  );

  it("is not asked for where nobody wants it", async () => {
    const master = await serve(masterScript());
    const probe = probeOf(await serve(replicaScript("127.0.0.1", master.port)), { ask_master: false });
    expectSeen(await probe.ask(), "pass", /replica of/);
    expect(master.taken()).toBe(0);
  });

  it("cannot be limited without asking for it", () => {
    const parsed = redisReplica.options.safeParse({ ask_master: false, max_lag_bytes: "1mb" });
    expect(parsed.error?.issues[0]?.message).toBe("max_lag_bytes needs ask_master");
  });
});

describe("redis-replica", () => {
  it("reads its limits as durations and sizes", async () => {
    const replica = await serve(replicaScript("127.0.0.1", 1, { master_last_io_seconds_ago: 3 }));
    expectSeen(await probeOf(replica, { max_io_age: "2s", ask_master: false }).ask(), "warn", /nothing heard of .* 3s/);
    expectSeen(
      await probeOf(replica, { max_io_age: "1s", stale_limit: "2s", ask_master: false }).ask(),
      "fail",
      /beyond stale_limit/,
    );
  });

  it("judges the backup of `fallback: primary` as a master", async () => {
    const primary = await serve(masterScript());
    expectSeen(await probeOf(primary, {}, "backup").ask(), "pass", /role:master/);
    expectSeen(await probeOf(primary, {}, "member").ask(), "fail", /role:master, wanted a replica/);
  });
});
