import { describe, expect, it } from "vitest";
import { readEntries, readServices } from "../../../checks/lib/registry/entries.ts";
import { sources } from "../../../checks/sources/index.ts";
import type { Registry } from "../../../src/contract.ts";
import { registries } from "../../../src/registry/index.ts";
import { createFakeClock } from "../../engine/fake-clock.ts";

const PATH = "wade-web/web/instances";
const one = (key: string, value: string) => readEntries(PATH, [[key, value]]);

describe("registrations", () => {
  it.each([
    [`${PATH}/a`, "10.238.99.246:32800", { name: "10.238.99.246-32800", host: "10.238.99.246", port: 32800 }],
    [`${PATH}/10.1.2.3:80`, "", { name: "10.1.2.3-80", host: "10.1.2.3", port: 80 }],
    [
      `${PATH}/b`,
      '{"host":"web1.example.com","port":8080,"weight":30,"meta":{"zone":"a"}}',
      { host: "web1.example.com", port: 8080, meta: { zone: "a", weight: "30" } },
    ],
    [
      PATH,
      '{"name":"slave3301", "host":"10.0.21.5", "port":3301, "proxyport":13351}',
      { name: "10.0.21.5-3301", host: "10.0.21.5", port: 3301 },
    ],
    [`${PATH}/v6`, "[::1]:80", { name: "--1-80", host: "::1", port: 80 }],
  ])("takes %s = %s", (key, value, expected) => {
    const { targets, refused } = one(key, value);
    expect(refused).toEqual([]);
    expect(targets).toMatchObject([expected]);
  });

  it.each([
    [`${PATH}/a`, "nonsense", "no address"],
    [`${PATH}/a`, "10.0.0.1:99999", "no address"],
    [`${PATH}/a`, "{broken", "broken JSON"],
    [`${PATH}/a`, '{"port":80}', "no host"],
    [`${PATH}/a`, '{"host":"x","port":"eighty"}', "not between"],
    [`${PATH}/a`, '{"host":"x\\nserver evil","port":80}', "no host"],
    [`${PATH}/a`, '{"host":"x","port":true}', "not between"],
    [`${PATH}/a`, '{"host":"x","port":"0x50"}', "not between"],
    [`${PATH}/a`, '{"host":"x","port":80.5}', "not between"],
    [`${PATH}/a`, '{"host":"x","port":80,"weight":0}', "weight 0"],
    [`${PATH}/a`, '{"host":"x","port":80,"weight":"many"}', 'weight "many"'],
    [`${PATH}/a`, '{"host":"x","port":80,"meta":[1]}', "meta"],
    [`${PATH}/a/b/c`, "x", "too deep"],
    [`${PATH}/folder/ip`, "10.0.0.1", "no ip and port"],
    [`${PATH}/a`, "x".repeat(5000), "longer"],
  ])("leaves out %s = %.40s and says why", (key, value, why) => {
    const { targets, refused } = one(key, value);
    expect(targets).toEqual([]);
    expect(refused[0]?.why).toContain(why);
  });

  it("lets the rest work when one entry is bad, and reads folders of fields", () => {
    const { targets, refused } = readEntries("services/web", [
      ["services/web/h1/ip", "10.0.0.1"],
      ["services/web/h1/port", "80"],
      ["services/web/h1/zone", "b"],
      ["services/web/bad", "?"],
    ]);
    expect(targets).toEqual([
      { name: "10.0.0.1-80", host: "10.0.0.1", port: 80, meta: { zone: "b", node: "h1" }, part: "member" },
    ]);
    expect(refused).toHaveLength(1);
  });

  it("takes a folder that was made and left empty as one without instances", () => {
    expect(readEntries(PATH, [[PATH, ""]])).toEqual({ targets: [], refused: [] });
  });

  it("takes catalog services by tag and state", () => {
    const value = (port: number, tags: string[], status: string): string =>
      JSON.stringify({ host: "10.0.0.1", port, tags, meta: {}, status });
    const entries = [
      ["a", value(1, ["x"], "passing")],
      ["b", value(2, [], "passing")],
      ["c", value(3, ["x"], "critical")],
    ] as const;
    expect(readServices(entries, "x", true).targets.map(({ port }) => port)).toEqual([1]);
    expect(readServices(entries, null, false).targets).toHaveLength(3);
  });
});

describe("the source of registrations", () => {
  it("hints when instances come and go, without polling, and throws while the registry is away", async () => {
    const clock = createFakeClock();
    const kind = registries.get("memory");
    const sourceKind = sources.get("registry");
    if (kind === undefined || sourceKind === undefined) throw new Error("missing plug-in");
    const real = kind.create({}, { clock, log: () => {}, registry: () => registry }) as Registry;
    let away = false;
    const registry: Registry = {
      maxOps: 1,
      services: null,
      read: (prefix, after, signal) => (away ? Promise.reject(new Error("away")) : real.read(prefix, after, signal)),
      commit: (ops, signal) => real.commit(ops, signal),
      session: (ttl, signal) => real.session(ttl, signal),
      close: () => real.close(),
    };
    const hints: string[] = [];
    const source = sourceKind.create(sourceKind.options.parse({ registry: "zk", path: `/${PATH}` }), {
      clock,
      log: () => {},
      registry: () => registry,
      pool: "web",
      hint: (why) => void hints.push(why),
    });
    const signal = new AbortController().signal;
    const put = (key: string, value: string) =>
      real.commit([{ key, expect: "any", session: null, put: value }], signal);
    expect(source.everyMs).toBeNull();
    expect((await source.list(signal)).targets).toEqual([]);
    await put(`${PATH}/a`, "10.0.0.1:80");
    await clock.advance(20);
    expect(hints).toEqual(["registrations changed"]);
    expect((await source.list(signal)).targets).toHaveLength(1);
    away = true;
    await put(`${PATH}/b`, "10.0.0.2:80");
    await put(`${PATH}/c`, "10.0.0.3:80");
    await clock.advance(20);
    await expect(source.list(signal)).rejects.toThrow("unreachable");
    away = false;
    await clock.advance(20_000);
    expect((await source.list(signal)).targets).toHaveLength(3);
    await source.close();
    await real.close();
  });
});
