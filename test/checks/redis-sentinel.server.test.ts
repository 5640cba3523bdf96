import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisMaster } from "../../checks/redis-master.ts";
import { sentinelSource } from "../../checks/sources/sentinel.ts";
import type { Observation } from "../../src/index.ts";
import { until } from "../servers/process.ts";
import { type RedisGroup, startGroup } from "../servers/redis.ts";
import { type Asking, expectSeen, freeze, loggingEnv, openPool } from "./asking.ts";

let group: RedisGroup;
let pool: readonly Asking[] = [];
const never = new AbortController().signal;

const at = <T>(list: readonly T[], index: number): T => {
  const found = list[index];
  if (found === undefined) throw new Error(`no element ${index}`);
  return found;
};
const askAll = (): Promise<Observation[]> => Promise.all(pool.map((probe) => probe.ask(1000)));
const writers = (seen: readonly Observation[]): number[] =>
  seen.flatMap((each, index) => (each.outcome === "pass" ? [index] : []));
const options = () => ({
  sentinels: group.sentinelAddresses,
  master_name: group.masterName,
  sentinel_username: "monitor",
  sentinel_password: "sentinel-pw",
});
// The rights that checks/README.md asks for, and no others.
const RIGHTS =
  "resetchannels &+switch-master &+sdown &+odown -@all +subscribe +sentinel|get-master-addr-by-name +sentinel|master +sentinel|ckquorum +sentinel|replicas";

/** Asks all until exactly this one is fit; at no time may two be fit that a majority names. */
async function untilFit(index: number): Promise<void> {
  const named: number[] = [];
  await until(`server ${index} to be the only fit one`, async () => {
    const seen = await askAll();
    named.push(seen.filter(({ outcome, claim }) => outcome === "pass" && claim?.term !== null).length);
    return writers(seen).join() === String(index);
  });
  expect(Math.max(...named)).toBeLessThanOrEqual(1);
}

beforeAll(async () => {
  group = await startGroup({ lines: [`user monitor on >sentinel-pw ${RIGHTS}`] });
  pool = openPool(redisMaster, options(), group.servers);
});

afterAll(async () => {
  await Promise.all(pool.map((probe) => probe.close()));
  await group.stop();
});

// One story: each step goes on from the group as the last one left it.
describe("a group that three Sentinels watch", () => {
  it("has one fit master, whom all Sentinels name, and whom the replicas follow", async () => {
    const master = at(group.servers, 0).address;
    // On a busy machine a Sentinel may take longer than it is given for its first answer.
    await until("all to hear whom the Sentinels name", async () =>
      (await askAll()).every(({ claim }) => claim?.witness?.says === master),
    );
    const seen = await askAll();
    expect(writers(seen)).toEqual([0]);
    for (const each of seen) expect(each.claim?.witness).toMatchObject({ says: master, of: 3 });
    expect(seen.map((each) => each.claim?.follows)).toEqual([null, master, master]);
    expect(at(seen, 0).claim?.term).toBe(0);
    expect(at(seen, 1).claim?.term).toBeNull();
  });

  it("documents the rights its checks need at the Sentinels", () => {
    expect(readFileSync(new URL("../../checks/README.md", import.meta.url), "utf8")).toContain(RIGHTS);
  });

  it("is listed by the source, master and replicas", async () => {
    const env = { ...loggingEnv([]), pool: "p", hint: () => {} };
    const source = sentinelSource.create(sentinelSource.options.parse(options()), env);
    const { targets } = await source.list(never);
    expect(targets.map(({ port }) => port).toSorted()).toEqual(group.servers.map(({ port }) => port).toSorted());
    expect(at(targets, 0).port).toBe(at(group.servers, 0).port);
    await source.close();
  });

  it("is judged alike while one Sentinel hangs and another is dead and comes back", async () => {
    const [hung, dead] = [at(group.sentinels, 0), at(group.sentinels, 1)];
    // Not for two seconds: then it would go into TILT, and take no part in a fail-over for half a minute.
    await freeze(hung);
    const while1 = await askAll();
    hung.signal("SIGCONT");
    expect(writers(while1)).toEqual([0]);
    dead.signal("SIGKILL");
    const while2 = await askAll();
    expect(writers(while2)).toEqual([0]);
    expect(at(while2, 0).claim?.witness?.of).toBe(3);
    await dead.restart();
    await until("all three to vote", async () => at(await askAll(), 0).claim?.witness?.votes === 3);
  });

  it("names a new master when the master is killed; hints come from its connection and from the Sentinels", async () => {
    await askAll();
    const former = at(group.servers, 0);
    for (const probe of pool) probe.hints.length = 0;
    former.signal("SIGKILL");
    await until("the hint of the connection", () => at(pool, 0).hints.length > 0, 5000, 1);
    expect(at(pool, 0).hints[0]).toMatch(/closed the kept connection/);
    expectSeen(at(await askAll(), 0), "fail", /connection (refused|reset)/);
    const next = await until("another to be named", async () => {
      const named = await group.named();
      return named !== former && named;
    });
    await untilFit(group.servers.indexOf(next));
  });

  it("keeps a returned master out, though it says role:master for seconds", async () => {
    const former = at(group.servers, 0);
    await former.restart();
    const seen: Observation[] = [];
    const isReplica = async (): Promise<boolean> => {
      const now = at(await askAll(), 0);
      seen.push(now);
      return now.claim?.role === "reader";
    };
    await until("the returned one to be a replica", isReplica, 40_000);
    expect(seen.map((each) => each.outcome)).not.toContain("pass");
    const claims = seen.filter((each) => each.claim?.role === "writer");
    expect(claims.length).toBeGreaterThan(0);
    for (const { reason } of claims)
      expect(reason).toMatch(/role:master, but [23] of 3 Sentinels name 127\.0\.0\.1:\d+/);
  });

  it("has a well master that nobody vouches for in a minority partition: two of three Sentinels are gone", async () => {
    for (const each of group.sentinels.slice(0, 2)) each.signal("SIGKILL");
    const seen = await until("the votes to be gone", async () => {
      const all = await askAll();
      return all.every((each) => (each.claim?.witness?.votes ?? 0) < 2) && all;
    });
    const [writer] = seen.filter((each) => each.claim?.role === "writer");
    expect(writer).toMatchObject({ outcome: "pass", claim: { term: null, witness: { of: 3 } } });
    await until("the agreement to age", async () => Number(at(await askAll(), 0).facts.agreedSecondsAgo) > 0.5);
    const env = { ...loggingEnv([]), pool: "p", hint: () => {} };
    const source = sentinelSource.create(sentinelSource.options.parse(options()), env);
    await expect(source.list(never)).rejects.toThrow("no majority of the 3 Sentinels");
    await source.close();
  });
});
