import { afterEach, describe, expect, it } from "vitest";
import { sentinelSource } from "../../../checks/sources/sentinel.ts";
import type { Source } from "../../../src/index.ts";
import { type FakeRedis, fakeRedis, sentinelScript } from "../../servers/fake-redis.ts";
import { misbehave } from "../../servers/misbehaving.ts";
import { until } from "../../servers/process.ts";
import { loggingEnv } from "../asking.ts";

const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(made: T): T => {
  opened.push(made);
  return made;
};

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

const HOST = "10.0.0.1";
const serve = (...script: Parameters<typeof sentinelScript>): Promise<FakeRedis[]> =>
  Promise.all([1, 2, 3].map(async () => keep(await fakeRedis(sentinelScript(...script)))));

function open(ports: readonly number[], options = {}): { readonly source: Source; readonly hints: string[] } {
  const hints: string[] = [];
  const all = { sentinels: ports.map((port) => `127.0.0.1:${port}`), master_name: "mymaster", ...options };
  const env = { ...loggingEnv([]), pool: "p", hint: (why: string) => void hints.push(why) };
  return { source: keep(sentinelSource.create(sentinelSource.options.parse(all), env)), hints };
}

const forever = (): AbortSignal => new AbortController().signal;
const portsOf = (servers: readonly FakeRedis[]): number[] => servers.map((each) => each.port);

describe("source sentinel", () => {
  it("lists master and replicas, named by host and port", async () => {
    const { source } = open(portsOf(await serve(HOST, 7001, { replicas: [7002, 7003] })));
    const { targets, refused } = await source.list(forever());
    expect(refused).toEqual([]);
    expect(targets).toEqual(
      [7001, 7002, 7003].map((port) => ({ name: `${HOST}-${port}`, host: HOST, port, meta: {}, part: "member" })),
    );
  });

  it("writes other characters of a name as a dash", async () => {
    const { source } = open(portsOf(await serve("fd00::1", 7001)));
    expect((await source.list(forever())).targets[0]).toMatchObject({ name: "fd00--1-7001", host: "fd00::1" });
  });

  it.each([
    ["member", [`${HOST}-7001 member`, `${HOST}-7002 member`]],
    ["backup", ["primary backup", `${HOST}-7002 member`]],
    ["none", [`${HOST}-7002 member`]],
  ])("takes the master as %s", async (master, expected) => {
    const { source } = open(portsOf(await serve(HOST, 7001, { replicas: [7002] })), { master });
    const { targets } = await source.list(forever());
    expect(targets.map(({ name, part }) => `${name} ${part}`)).toEqual(expected);
  });

  it("says what is no address instead of listing it", async () => {
    const { source } = open(portsOf(await serve(HOST, 7001, { replicas: [0] })));
    expect((await source.list(forever())).refused).toEqual([{ entry: `${HOST}:0`, why: "is no host:port" }]);
  });

  it.each(["refused", "silent", "wrong protocol"] as const)("does with one Sentinel that is %s", async (how) => {
    const [one, two] = portsOf(await serve(HOST, 7001, { replicas: [7002] }));
    const bad = keep(await misbehave(how));
    const { source } = open([bad.port, one ?? 0, two ?? 0], { sentinel_timeout: "100ms" });
    expect((await source.list(forever())).targets).toHaveLength(2);
  });

  it("throws without a majority, so that the last list stays", async () => {
    const [one] = portsOf(await serve(HOST, 7001));
    const { source } = open([one ?? 0, 1, 2]);
    await expect(source.list(forever())).rejects.toThrow(
      "no majority of the 3 Sentinels of mymaster: 1 name 10.0.0.1:7001",
    );
  });

  it("asks an old Sentinel in the words it knows", async () => {
    const servers = await serve(HOST, 7001, { replicas: [7002] });
    for (const each of servers) {
      const { "SENTINEL REPLICAS MYMASTER": replicas, ...rest } = each.script;
      each.script = { ...rest, "SENTINEL SLAVES MYMASTER": replicas ?? [] };
    }
    const { source } = open(portsOf(servers));
    expect((await source.list(forever())).targets).toHaveLength(2);
  });

  it("hints at the events of its group, and follows a change of master", async () => {
    const servers = await serve(HOST, 7001, { replicas: [7002] });
    const { source, hints } = open(portsOf(servers), { master: "backup" });
    await source.list(forever());
    const [first] = servers;
    await until("the subscription", () => first?.heard.some((each) => each.startsWith("subscribe")) === true);
    for (const each of servers) each.script = sentinelScript(HOST, 7002, { replicas: [7001] });
    first?.shout(["message", "+switch-master", `mymaster ${HOST} 7001 ${HOST} 7002`]);
    await until("the hint", () => hints.length === 1);
    const { targets } = await source.list(forever());
    expect(targets.map(({ name, port }) => [name, port])).toEqual([
      ["primary", 7002],
      [`${HOST}-7001`, 7001],
    ]);
  });

  it("obeys an abort at once", async () => {
    const silent = await Promise.all([1, 2].map(async () => keep(await misbehave("silent"))));
    const { source } = open(
      silent.map((each) => each.port),
      { sentinel_timeout: "1m" },
    );
    const controller = new AbortController();
    const listed = source.list(controller.signal);
    controller.abort(new Error("time is up"));
    await expect(listed).rejects.toThrow("the Sentinels have not answered");
    await expect(source.list(controller.signal)).rejects.toThrow("time is up");
  });

  it.each([
    [{}, /sentinels/],
    [{ sentinels: [], master_name: "m" }, /sentinels/],
    [{ sentinels: ["10.0.0.1:1"] }, /master_name/],
    [{ sentinels: ["10.0.0.1:1"], master_name: "m", colour: "green" }, /colour/],
  ])("refuses %j", (options, problem) => {
    expect(JSON.stringify(sentinelSource.options.safeParse(options).error?.issues)).toMatch(problem);
  });
});
