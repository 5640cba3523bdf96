import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Registry, Session } from "../../../src/contract.ts";
import { outlets } from "../../../src/outlets/index.ts";
import { registries } from "../../../src/registry/index.ts";
import { createFakeClock, type FakeClock } from "../../engine/fake-clock.ts";
import { type Made, outletEnv, viewOf } from "../outlet-env.ts";

const m1: Made = { host: "10.0.21.5", port: 11211, state: "up" };
const m2: Made = { host: "10.0.21.7", port: 11211, state: "up" };
const down = (made: Made): Made => ({ ...made, state: "down" });
const signal = new AbortController().signal;

describe("publications under a lock", () => {
  let clock: FakeClock;
  let registry: Registry;
  const stops: ((why: "exit" | "removed") => Promise<void>)[] = [];

  async function start(layout: string, options: object) {
    const kind = outlets.get(`publish-${layout}`);
    if (kind === undefined) throw new Error("no such outlet");
    const made = outletEnv("cache", clock, registry);
    const part = kind.create(kind.options.parse({ registry: "main", ...options }), made.env);
    const { stop } = await part.start();
    stops.push(stop);
    const show = async (rows: Readonly<Record<string, Made>>, settled = true): Promise<void> => {
      made.board.post(viewOf("cache", rows, settled));
      await clock.advance(50);
    };
    return { ...made, show, stop };
  }
  const values = async (prefix: string): Promise<Record<string, string>> => {
    const { entries } = await registry.read(prefix, null, signal);
    return Object.fromEntries([...entries].map(([key, { value }]) => [key, value]));
  };
  const put = (key: string, text: string): Promise<unknown> =>
    registry.commit([{ key, expect: "any", session: null, put: text }], signal);

  beforeEach(() => {
    clock = createFakeClock();
    const kind = registries.get("memory");
    if (kind === undefined) throw new Error("no memory registry");
    registry = kind.create({}, { clock, log: () => {}, registry: () => registry }) as Registry;
  });
  afterEach(async () => {
    await Promise.all(stops.splice(0).map((stop) => stop("exit")));
  });

  it("keeps a folder for every serving target and takes it away when the target is down", async () => {
    const { show } = await start("fields", { key: "services/cache/{name}", values: { ip: "{host}", port: "{port}" } });
    await show({ m1, m2 }, false);
    expect(await values("services")).toEqual({});
    await show({ m1, m2 });
    expect(await values("services")).toEqual({
      "services/cache/m1/ip": "10.0.21.5",
      "services/cache/m1/port": "11211",
      "services/cache/m2/ip": "10.0.21.7",
      "services/cache/m2/port": "11211",
    });
    await show({ m1: down(m1), m2 });
    expect(Object.keys(await values("services"))).toEqual(["services/cache/m2/ip", "services/cache/m2/port"]);
    await show({ m2 });
    await show({ m1, m2 });
    expect(Object.keys(await values("services"))).toHaveLength(4);
  });

  it("writes again what others delete or change, and leaves alone what others keep beside it", async () => {
    const { show } = await start("members", { key: "web/{pool}/{name}" });
    await put("web/cache/theirs", "10.1.1.1:1");
    await show({ m1, m2 });
    await put("web/cache/m1", "nonsense");
    await registry.commit([{ key: "web/cache/m2", expect: "any", session: null, remove: true }], signal);
    await clock.advance(50);
    expect(await values("web")).toEqual({
      "web/cache/m1": "10.0.21.5:11211",
      "web/cache/m2": "10.0.21.7:11211",
      "web/cache/theirs": "10.1.1.1:1",
    });
  });

  it("takes over the keys of a daemon that is gone, those of targets nobody knows any more too", async () => {
    const first = await start("members", { key: "web/{name}" });
    await first.show({ m1, old: { host: "10.0.21.9", state: "up" } });
    const second = await start("members", { key: "web/{name}" });
    await second.show({ m1, m2 });
    expect(Object.keys(await values("web")).sort()).toEqual(["web/m1", "web/old"]);
    expect(second.deliveries.at(-1)).toMatchObject({ state: "pending" });
    await first.stop("exit");
    await clock.advance(2000);
    expect(Object.keys(await values("web")).sort()).toEqual(["web/m1", "web/m2"]);
  });

  it("writes one document with all targets, and no more often than it changes", async () => {
    const { show, lines } = await start("pool", { key: "pools/{pool}" });
    await show({ m2: down(m2), m1 });
    expect(JSON.parse((await values("pools"))["pools/cache"] ?? "")).toEqual({
      pool: "cache",
      group: null,
      targets: [
        { name: "m1", host: "10.0.21.5", port: 11211, state: "up", weight: 100, order: null },
        { name: "m2", host: "10.0.21.7", port: 11211, state: "down", weight: 0, order: null },
      ],
    });
    const { revision } = await registry.read("pools", null, signal);
    await show({ m1, m2: down(m2) });
    expect((await registry.read("pools", null, signal)).revision).toBe(revision);
    expect(lines.filter((line) => line.includes("1 written"))).toHaveLength(1);
  });

  it("removes its keys at the end only where it is told so", async () => {
    const kept = await start("members", { key: "kept/{name}" });
    await kept.show({ m1 });
    await kept.stop("exit");
    const removed = await start("members", { key: "gone/{name}", on_exit: "remove" });
    await removed.show({ m1 });
    expect(await values("gone")).toEqual({ "gone/m1": "10.0.21.5:11211" });
    await removed.stop("exit");
    expect([await values("kept"), await values("gone")]).toEqual([{ "kept/m1": "10.0.21.5:11211" }, {}]);
  });

  it("leaves nothing at all behind where it is told so, not even what is being written as it ends", async () => {
    const memory = registry;
    let slow = false;
    registry = {
      ...memory,
      maxOps: memory.maxOps,
      services: null,
      close: () => memory.close(),
      session: (ttlMs, given) => memory.session(ttlMs, given),
      read: (prefix, after, given) => memory.read(prefix, after, given),
      commit: async (ops, given) => {
        // As a server that makes what it was asked, whether or not somebody still waits for the answer.
        if (slow) await new Promise<void>((done) => clock.at(clock.now() + 200, done));
        return memory.commit(ops, given);
      },
    };
    const { show, stop } = await start("members", { key: "gone/{name}", on_exit: "remove" });
    await show({ m1 });
    slow = true;
    await show({ m1, m2 });
    const stopped = stop("exit");
    await clock.advance(5000);
    await stopped;
    slow = false;
    expect([await values("gone"), await values("checkd")]).toEqual([{}, {}]);
  });

  it("writes no more when it stood still for longer than its session lives, whatever it hears first", async () => {
    const memory = registry;
    const sessions: AbortController[] = [];
    registry = {
      ...memory,
      maxOps: memory.maxOps,
      services: null,
      close: () => memory.close(),
      read: (prefix, after, given) => memory.read(prefix, after, given),
      commit: (ops, given) => memory.commit(ops, given),
      session: async (ttlMs, given) => {
        const real = await memory.session(ttlMs, given);
        const controller = new AbortController();
        sessions.push(controller);
        // Nobody has told of the loss yet, but who asks learns of it.
        const told = new AbortController().signal;
        return {
          get lost() {
            return controller.signal.aborted ? controller.signal : told;
          },
          close: () => real.close(),
        };
      },
    };
    const { show, deliveries } = await start("members", { key: "web/{name}" });
    await show({ m1, m2 });
    for (const session of sessions) session.abort(new Error("its time is over"));
    await registry.commit([{ key: "web/m1", expect: "any", session: null, remove: true }], signal);
    await clock.advance(50);
    expect(Object.keys(await values("web"))).toEqual(["web/m2"]);
    expect(deliveries.at(-1)).toMatchObject({ state: "failed", error: "the right to write was lost" });
  });

  it("moves keys to a lease of its own, so that the end of its forerunner's does not take them away", async () => {
    const memory = registry;
    const sessions: Session[] = [];
    registry = {
      ...memory,
      maxOps: memory.maxOps,
      services: null,
      close: () => memory.close(),
      read: (prefix, after, given) => memory.read(prefix, after, given),
      commit: (ops, given) => memory.commit(ops, given),
      session: async (ttlMs, given) => {
        const session = await memory.session(ttlMs, given);
        sessions.push(session);
        return session;
      },
    };
    const first = await start("members", { key: "web/{name}", lease: "15s" });
    await first.show({ m1, m2 });
    const leases = [...sessions];
    await first.stop("exit");
    const second = await start("members", { key: "web/{name}", lease: "15s" });
    await second.show({ m1, m2 });
    await clock.advance(2000);
    for (const session of leases) await session.close();
    expect(Object.keys(await values("web")).sort()).toEqual(["web/m1", "web/m2"]);
    const written = second.lines.filter((line) => line.includes("2 written"));
    await clock.advance(2000);
    expect(written).toHaveLength(1);
  });

  it("does not fight at full speed with another writer, and has the last word when that one gives up", async () => {
    const { show, lines, deliveries } = await start("members", { key: "web/{name}" });
    await show({ m1, m2 });
    const wrote = (): number => lines.filter((line) => line.includes(" written, ")).length;
    let rounds = 0;
    for (; rounds < 200; rounds += 1) {
      await put("web/m1", "theirs");
      await clock.advance(100);
    }
    // Five at once and one in ten seconds, of twenty seconds.
    expect(wrote()).toBeLessThanOrEqual(1 + 5 + 2);
    expect(deliveries.some(({ error }) => error?.includes("another writer undoes") === true)).toBe(true);
    expect(lines.filter((line) => line.includes("another writer undoes")).length).toBeLessThan(4);
    // What it does not undo goes on meanwhile.
    await put("web/m1", "theirs");
    await show({ m1, m2: down(m2) });
    expect(Object.keys(await values("web"))).toEqual(["web/m1"]);
    await clock.advance(11_000);
    expect(await values("web")).toEqual({ "web/m1": "10.0.21.5:11211" });
    expect(deliveries.at(-1)).toMatchObject({ state: "synced" });
  });

  it("believes no answer that is older than what the watch has told meanwhile", async () => {
    const memory = registry;
    let interfere: (() => Promise<unknown>) | null = null;
    registry = {
      ...memory,
      maxOps: memory.maxOps,
      services: null,
      close: () => memory.close(),
      session: (ttlMs, given) => memory.session(ttlMs, given),
      commit: (ops, given) => memory.commit(ops, given),
      read: async (prefix, after, given) => {
        const snapshot = await memory.read(prefix, after, given);
        if (after !== null || interfere === null || !prefix.startsWith("web")) return snapshot;
        // The answer is on its way while somebody writes, and the watch is quicker.
        const act = interfere;
        interfere = null;
        await act();
        await new Promise<void>((done) => clock.at(clock.now() + 20, done));
        return snapshot;
      },
    };
    const { show } = await start("members", { key: "web/{name}" });
    await show({ m1 });
    interfere = () => put("web/m2", "theirs");
    await show({ m1, m2 });
    await clock.advance(200);
    expect(await values("web")).toEqual({ "web/m1": "10.0.21.5:11211", "web/m2": "10.0.21.7:11211" });
  });
});
