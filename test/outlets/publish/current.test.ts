import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Registry } from "../../../src/contract.ts";
import { outlets } from "../../../src/outlets/index.ts";
import { registries } from "../../../src/registry/index.ts";
import { createFakeClock, type FakeClock } from "../../engine/fake-clock.ts";
import { type Made, outletEnv, viewOf } from "../outlet-env.ts";

const KEY = "haproxy/mysqlslave/slave3301";
const r1: Made = { host: "10.0.21.5", port: 3301, state: "up" };
const r2: Made = { host: "10.0.21.6", port: 3301, state: "up" };
const down = (made: Made): Made => ({ ...made, state: "down" });
const signal = new AbortController().signal;

describe("the publication of one current target", () => {
  let clock: FakeClock;
  let registry: Registry;
  let made: ReturnType<typeof outletEnv>;
  let stop: (why: "exit" | "removed" | "replaced") => Promise<void>;
  let more: object;

  async function start(): Promise<void> {
    const kind = outlets.get("publish-current");
    if (kind === undefined) throw new Error("no such outlet");
    const part = kind.create(
      kind.options.parse({ registry: "main", key: KEY, proxyport: "+10050", ...more }),
      made.env,
    );
    ({ stop } = await part.start());
  }
  const value = async (key = KEY): Promise<string | null> =>
    (await registry.read(key, null, signal)).entries.get(key)?.value ?? null;
  const write = (text: string): Promise<unknown> =>
    registry.commit([{ key: KEY, expect: "any", session: null, put: text }], signal);
  const show = async (rows: Readonly<Record<string, Made>>, settled = true): Promise<void> => {
    made.board.post(viewOf("slave3301", rows, settled));
    await clock.advance(20);
  };

  beforeEach(() => {
    clock = createFakeClock();
    const kind = registries.get("memory");
    if (kind === undefined) throw new Error("no memory registry");
    registry = kind.create({}, { clock, log: () => {}, registry: () => registry }) as Registry;
    made = outletEnv("slave3301", clock, registry);
    more = {};
  });
  afterEach(() => stop("exit"));

  it("writes nothing before the pool is settled, then the documented value", async () => {
    await start();
    await show({ r1, r2 }, false);
    expect(await value()).toBeNull();
    await show({ r1, r2 });
    expect(await value()).toBe('{"name":"slave3301", "host":"10.0.21.5", "port":3301, "proxyport":13351}');
    expect(made.deliveries.at(-1)).toMatchObject({ outlet: "publish-current", about: KEY, state: "synced" });
  });

  it("adopts a value that names a serving target, whoever wrote it and however it is spelled", async () => {
    const theirs = '{"name":"slave3301", "host":"10.0.21.6", "port":"3301", "proxyport":13351}';
    await write(theirs);
    await start();
    await show({ r1, r2 });
    expect(await value()).toBe(theirs);
  });

  it("sticks to its target while that serves, even when a better one comes", async () => {
    await start();
    await show({ r1: down(r1), r2 });
    expect(await value()).toContain("10.0.21.6");
    await show({ r1, r2: { ...r2, weight: 10 } });
    expect(await value()).toContain("10.0.21.6");
    await show({ r1, r2: down(r2) });
    expect(await value()).toContain("10.0.21.5");
  });

  it("chooses by weight and then by name, and never a drained one", async () => {
    await start();
    await show({
      b: { ...r1, weight: 40 },
      a: { ...r2, weight: 40 },
      c: { host: "10.0.21.7", state: "up", weight: 90, order: "drain" },
    });
    expect(await value()).toContain("10.0.21.6");
  });

  it("leaves what is published when nobody serves", async () => {
    await start();
    await show({ r1, r2 });
    const before = await value();
    await show({ r1: down(r1), r2: down(r2) });
    expect(await value()).toBe(before);
    expect(made.deliveries.at(-1)).toMatchObject({ state: "pending" });
  });

  it("writes again at once what was deleted or is no JSON", async () => {
    await start();
    await show({ r1, r2 });
    await registry.commit([{ key: KEY, expect: "any", session: null, remove: true }], signal);
    await clock.advance(20);
    expect(await value()).toContain("10.0.21.5");
    await clock.advance(11_000);
    await write("not json");
    await clock.advance(20);
    expect(await value()).toContain("10.0.21.5");
  });

  it("lets an operator's choice of another serving target stand", async () => {
    await start();
    await show({ r1, r2 });
    await write('{"name":"slave3301","host":"10.0.21.6","port":3301,"proxyport":13351}');
    await clock.advance(60_000);
    expect(await value()).toContain("10.0.21.6");
  });

  it("does not fight another writer: after its own write was undone it tries once in ten seconds, with an alarm", async () => {
    await start();
    await show({ r1, r2 });
    let writes = 0;
    const bad = '{"host":"10.9.9.9","port":1}';
    for (let second = 0; second < 60; second += 1) {
      if ((await value()) !== bad) {
        writes += 1;
        await write(bad);
      }
      await clock.advance(1000);
    }
    expect(writes).toBeGreaterThanOrEqual(5);
    expect(writes).toBeLessThanOrEqual(7);
    expect(made.lines.some((line) => line.includes("another writer"))).toBe(true);
  });

  it("publishes several keys with values, together", async () => {
    more = { values: { ip: "{host}", port: "{port}" }, proxyport: undefined };
    await start();
    await show({ r1, r2 });
    expect([await value(`${KEY}/ip`), await value(`${KEY}/port`)]).toEqual(["10.0.21.5", "3301"]);
    await show({ r1: down(r1), r2 });
    expect([await value(`${KEY}/ip`), await value(`${KEY}/port`)]).toEqual(["10.0.21.6", "3301"]);
  });

  it("keeps its value at exit, and removes it when it is told so", async () => {
    await start();
    await show({ r1 });
    await stop("exit");
    expect(await value()).not.toBeNull();
    more = { on_exit: "remove" };
    await start();
    await show({ r1 });
    await stop("replaced");
    expect(await value()).not.toBeNull();
    await start();
    await show({ r1 });
    await stop("removed");
    expect(await value()).toBeNull();
  });
});
