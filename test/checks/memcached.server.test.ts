import { connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { memcached } from "../../checks/memcached.ts";
import { type MemcachedServer, startMemcached } from "../servers/memcached.ts";
import { until } from "../servers/process.ts";
import { type Asking, expectSeen, freeze, openProbe } from "./asking.ts";

const LOGIN = { username: "monitor", password: "s3cret-of-test" };
let server: MemcachedServer;
const probes: Asking[] = [];
const guests: Socket[] = [];

const probeOf = (at: MemcachedServer, options = {}): Asking => {
  const probe = openProbe(memcached, options, { port: at.port });
  probes.push(probe);
  return probe;
};

/** Connects until nobody more is let in; resolves when so many have been turned away, or stay unanswered. */
function crowd(at: MemcachedServer, size: number): void {
  for (let i = 0; i < size; i++) guests.push(connect(at.port, "127.0.0.1").on("error", () => {}));
}

const disperse = (): void => {
  for (const guest of guests.splice(0)) guest.destroy();
};

beforeAll(async () => {
  server = await startMemcached();
});

afterEach(async () => {
  disperse();
  await Promise.all(probes.splice(0).map((probe) => probe.close()));
});

afterAll(() => server.stop());

describe("memcached, real", () => {
  it.each(["ascii", "meta", "binary"])("stores, finds and leaves nothing behind in %s", async (protocol) => {
    const probe = probeOf(server, { protocol });
    const seen = await probe.ask();
    expectSeen(seen, "pass", /stores and finds/);
    expect(seen.facts).toMatchObject({
      version: "1.6.18",
      maxConnections: 64,
      limitBytes: 8 * 1024 * 1024,
      restarts: 0,
    });
    expectSeen(await probe.ask(), "pass", /stores and finds/);
    expect(await server.say("stats items\r\n", /END\r\n/)).not.toMatch(/number [1-9]/);
  });

  it.each(["ascii", "binary"])("has a limit for values that is our own fault in %s", async (protocol) => {
    expectSeen(await probeOf(server, { protocol, value_size: "1mb" }).ask(), "unknown", /value_size: 1048576 bytes/);
  });

  it.each(["ascii", "binary"])(
    "hangs in %s: both ways to ask end at the deadline, and it recovers",
    async (protocol) => {
      const probe = probeOf(server, { protocol });
      await probe.ask();
      await freeze(server);
      const seen = [await probe.ask(300), await probe.ask(300)];
      server.signal("SIGCONT");
      for (const each of seen) expectSeen(each, "fail", /no answer/);
      expectSeen(await probe.ask(), "pass", /stores and finds/);
      expect(probe.hints).toEqual([]);
    },
  );

  it.each(["ascii", "binary"])("is full in %s: it says so, and a kept connection works on", async (protocol) => {
    const [kept, fresh] = [
      probeOf(server, { protocol, fresh_every: 100 }),
      probeOf(server, { protocol, fresh_every: 1 }),
    ];
    expectSeen(await kept.ask(), "pass", /stores and finds/);
    crowd(server, 80);
    await until("the limit to be reached", async () => (await fresh.ask()).outcome === "warn");
    expectSeen(await fresh.ask(), "warn", /turns connections away: ERROR Too many open connections/);
    expectSeen(await kept.ask(), "warn", /turned \d+ connections away since the last look/);
    disperse();
    await until("room", async () => (await fresh.ask()).outcome === "pass");
  });

  it("is killed: a hint comes, a new connection is refused, and the restart is seen", async () => {
    const own = await startMemcached();
    const probe = probeOf(own);
    await until(
      "an uptime above that of a new server",
      async () => Number((await probe.ask()).facts.uptimeSeconds) > 4,
    );
    own.signal("SIGKILL");
    await until("the hint", () => probe.hints.length === 1);
    expectSeen(await probe.ask(), "fail", /connection (refused|reset)/);
    await own.restart();
    const seen = await probe.ask();
    expectSeen(seen, "pass", /restarted \ds ago with a cold cache/);
    expect(seen.facts.restarts).toBe(1);
    await own.stop();
  });
});

describe("memcached at its limits", () => {
  it("keeps silent when it is full and was told not to answer: a fail at the deadline", async () => {
    const silent = await startMemcached({ args: ["-o", "no_maxconns_fast"] });
    const [kept, fresh] = [probeOf(silent, { fresh_every: 100 }), probeOf(silent, { fresh_every: 1 })];
    expectSeen(await kept.ask(), "pass", /stores and finds/);
    crowd(silent, 80);
    await until("silence", async () => (await fresh.ask(300)).outcome === "fail");
    expectSeen(await fresh.ask(300), "fail", /no connection|connected, but no answer/);
    expectSeen(await kept.ask(), "warn", /accepts no connections/);
    disperse();
    await until("room", async () => (await fresh.ask(300)).outcome === "pass");
    await silent.stop();
  });

  it("is full of values and may not throw any out: a typical one finds no room, a tiny one would", async () => {
    const full = await startMemcached({ args: ["-M"] });
    const value = "x".repeat(900);
    const set = (i: number): string => `set k${i} 0 0 ${value.length} noreply\r\n${value}\r\n`;
    await full.say(`${Array.from({ length: 12_000 }, (_, i) => set(i)).join("")}mn\r\n`, /MN\r\n/);
    expectSeen(await probeOf(full).ask(), "warn", /no memory for a value of 1024 bytes/);
    expectSeen(await probeOf(full, { protocol: "binary" }).ask(), "warn", /no memory for a value of 1024 bytes/);
    expectSeen(await probeOf(full, { value_size: 5 }).ask(), "pass", /stores and finds/);
    await full.stop();
  });
});

describe("memcached with logins", () => {
  it("of the text protocol (-Y)", async () => {
    const own = await startMemcached({ textLogin: LOGIN });
    expectSeen(await probeOf(own).ask(), "unknown", /wants a login/);
    expectSeen(await probeOf(own, { ...LOGIN, password: "wrong" }).ask(), "unknown", /refuses the login of monitor/);
    for (const protocol of ["ascii", "meta"])
      expectSeen(await probeOf(own, { ...LOGIN, protocol }).ask(), "pass", /stores and finds/);
    await own.stop();
  });

  it("of SASL (-S), in the binary protocol only", async () => {
    const own = await startMemcached({ saslLogin: LOGIN });
    const binary = { protocol: "binary" };
    expectSeen(await probeOf(own, binary).ask(), "unknown", /wants a login/);
    expectSeen(await probeOf(own, { ...LOGIN, ...binary, password: "wrong" }).ask(), "unknown", /refuses the login/);
    const probe = probeOf(own, { ...LOGIN, ...binary, fresh_every: 2 });
    for (let i = 0; i < 4; i++) expectSeen(await probe.ask(), "pass", /stores and finds/);
    expectSeen(await probeOf(own).ask(500), "fail", /connection closed without an answer|no answer/);
    await own.stop();
  });

  it("that are not wanted leaves no password behind", async () => {
    expectSeen(await probeOf(server, LOGIN).ask(), "pass", /stores and finds/);
    expect(await server.say("lru_crawler metadump all\r\n", /END\r\n/)).not.toContain("exp=-1");
    expect(await server.say("stats items\r\n", /END\r\n/)).not.toMatch(/number [1-9]/);
  });
});
