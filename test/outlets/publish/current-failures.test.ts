import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Op, Registry } from "../../../src/contract.ts";
import { RegistryError } from "../../../src/errors.ts";
import { outlets } from "../../../src/outlets/index.ts";
import { registries } from "../../../src/registry/index.ts";
import { createFakeClock, type FakeClock } from "../../engine/fake-clock.ts";
import { type Made, outletEnv, viewOf } from "../outlet-env.ts";

const KEY = "haproxy/mysqlslave/slave3301";
const r1: Made = { host: "10.0.21.5", port: 3301, state: "up" };
const r2: Made = { host: "10.0.21.6", port: 3301, state: "up" };
const down = (made: Made): Made => ({ ...made, state: "down" });
const signal = new AbortController().signal;

describe("a current target whose writes go wrong", () => {
  let clock: FakeClock;
  let memory: Registry;
  let made: ReturnType<typeof outletEnv>;
  let stop: (why: "exit") => Promise<void>;
  /** Called before each commit of the publication; may throw. */
  let before: (ops: readonly Op[]) => Promise<void>;

  const value = async (): Promise<string | null> =>
    (await memory.read(KEY, null, signal)).entries.get(KEY)?.value ?? null;
  const write = (put: string): Promise<unknown> =>
    memory.commit([{ key: KEY, expect: "any", session: null, put }], signal);
  const show = async (rows: Readonly<Record<string, Made>>): Promise<void> => {
    made.board.post(viewOf("slave3301", rows, true));
    await clock.advance(20);
  };

  beforeEach(async () => {
    clock = createFakeClock();
    const kind = registries.get("memory");
    const outlet = outlets.get("publish-current");
    if (kind === undefined || outlet === undefined) throw new Error("no such kind");
    memory = kind.create({}, { clock, log: () => {}, registry: () => memory }) as Registry;
    before = async () => {};
    const registry: Registry = {
      ...memory,
      maxOps: memory.maxOps,
      services: null,
      close: () => memory.close(),
      session: (ttlMs, given) => memory.session(ttlMs, given),
      read: (prefix, after, given) => memory.read(prefix, after, given),
      commit: async (ops, given) => {
        await before(ops);
        return memory.commit(ops, given);
      },
    };
    made = outletEnv("slave3301", clock, registry);
    ({ stop } = await outlet
      .create(outlet.options.parse({ registry: "main", key: KEY, proxyport: "+10050" }), made.env)
      .start());
  });
  afterEach(() => stop("exit"));

  it("is written as soon as the registry takes writes again, though nothing else has changed", async () => {
    before = async () => {
      throw new RegistryError("denied", "not now");
    };
    await show({ r1, r2 });
    await clock.advance(5000);
    expect(await value()).toBeNull();
    expect(made.deliveries.at(-1)).toMatchObject({ state: "failed", error: "not now" });
    expect(made.lines.filter((line) => line.includes("not now"))).toHaveLength(1);
    before = async () => {};
    await clock.advance(11_000);
    expect(await value()).toContain("10.0.21.5");
    expect(made.deliveries.at(-1)).toMatchObject({ state: "synced" });
  });

  it("writes what is right when the registry is back, not what was right when it went", async () => {
    before = async () => {
      throw new RegistryError("unreachable", "away");
    };
    await show({ r1, r2: down(r2) });
    await show({ r1: down(r1), r2 });
    before = async () => {};
    await clock.advance(11_000);
    expect(await value()).toContain("10.0.21.6");
  });

  it("loses a race without a false word, and takes the winner's choice when that serves", async () => {
    const theirs = '{"name":"slave3301","host":"10.0.21.6","port":3301,"proxyport":13351}';
    before = async () => {
      before = async () => {};
      await write(theirs);
    };
    await show({ r1, r2 });
    await clock.advance(100);
    expect(await value()).toBe(theirs);
    expect(made.deliveries.map(({ shown }) => shown)).toEqual([theirs]);
    expect(made.lines.join("\n")).not.toContain("is published");
  });

  it("replaces an operator's choice at once when that fails, however young its own last write is", async () => {
    await show({ r1, r2 });
    expect(await value()).toContain("10.0.21.5");
    await clock.advance(2000);
    await write('{"host":"10.0.21.6","port":3301}');
    await clock.advance(100);
    await show({ r1, r2: down(r2) });
    expect(await value()).toContain("10.0.21.5");
    expect(made.lines.join("\n")).not.toContain("another writer");
  });

  it("leaves nothing behind where it is told so, not even what is being written as it ends, and what is not its own alone", async () => {
    const outlet = outlets.get("publish-current");
    if (outlet === undefined) throw new Error("no such kind");
    await stop("exit");
    const below = `${KEY}/theirs`;
    await memory.commit([{ key: below, expect: "any", session: null, put: "1" }], signal);
    const begin = async () => {
      made = outletEnv("slave3301", clock, made.env.registry("main"));
      const options = outlet.options.parse({ registry: "main", key: KEY, on_exit: "remove" });
      ({ stop } = await outlet.create(options, made.env).start());
    };
    await begin();
    // As a server that makes what it was asked, whether or not somebody still waits for the answer.
    before = () => new Promise<void>((done) => clock.at(clock.now() + 200, done));
    await show({ r1, r2 });
    const stopped = stop("exit");
    await clock.advance(5000);
    await stopped;
    expect(await value()).toBeNull();
    expect((await memory.read(KEY, null, signal)).entries.has(below)).toBe(true);

    before = async () => {};
    await write("somebody's");
    await begin();
    made.board.post(viewOf("slave3301", { r1, r2 }, false));
    await clock.advance(20);
    await stop("exit");
    expect(await value()).toBe("somebody's");
  });
});
