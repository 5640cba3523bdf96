import { hostname } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { memcached } from "../../checks/memcached.ts";
import { type FakeMemcached, fakeMemcached, type Mood } from "../servers/fake-memcached.ts";
import { fake, misbehave } from "../servers/misbehaving.ts";
import { until } from "../servers/process.ts";
import { type Asking, expectSeen, openPool, openProbe } from "./asking.ts";

const opened: { close(): Promise<void> }[] = [];
const keep = <T extends { close(): Promise<void> }>(made: T): T => {
  opened.push(made);
  return made;
};

afterEach(async () => {
  for (const each of opened.splice(0).toReversed()) await each.close();
});

const serve = async (mood: Mood = {}): Promise<FakeMemcached> => keep(await fakeMemcached(mood));
const probeOf = (server: { readonly port: number }, options = {}): Asking =>
  keep(openProbe(memcached, options, { port: server.port }));

/** All that clients send, and a server that answers nothing. */
async function listener(): Promise<{ readonly port: number; readonly got: () => string }> {
  let got = "";
  const server = keep(
    await fake((socket) => {
      socket.on("data", (chunk: Buffer) => {
        got += chunk.toString("latin1");
      });
    }),
  );
  return { port: server.port, got: () => got };
}

describe("memcached: the question", () => {
  it.each([
    ["ascii", "set KEY 0 10 20\r\nVALUE\r\nget KEY\r\ndelete KEY\r\nstats\r\n"],
    ["meta", "ms KEY 20 T10\r\nVALUE\r\nmg KEY v\r\nmd KEY\r\nstats\r\n"],
  ])("in %s is one write with a key of this process and a short life", async (protocol, expected) => {
    const server = await listener();
    await probeOf(server, { protocol, value_size: 20 }).ask(200);
    const key = new RegExp(`checkd:${hostname().replace(/[^\w.-]/g, "_")}:${process.pid}:\\d+`, "g");
    expect(
      server
        .got()
        .replace(key, "KEY")
        .replace(/(1\.)+/, "VALUE"),
    ).toBe(expected);
  });

  it("has another key for each probe and another value at each turn", async () => {
    const [one, two] = [await listener(), await listener()];
    const pool = openPool(memcached, { value_size: 10 }, [one, two]).map(keep);
    await Promise.all(pool.map((probe) => probe.ask(100)));
    await Promise.all(pool.map((probe) => probe.ask(100)));
    const keys = [one, two].map((each) => /set (\S+)/.exec(each.got())?.[1]);
    expect(new Set(keys).size).toBe(2);
    expect(one.got()).toMatch(/1\.1\.1\..*2\.2\.2\./s);
  });

  it.each(["ascii", "meta"])("in %s over values that come in many pieces is understood", async (protocol) => {
    const server = await serve();
    expectSeen(await probeOf(server, { protocol, value_size: "900kb" }).ask(), "pass", /stores and finds/);
  });
});

describe("memcached: one kept connection", () => {
  it("is renewed at every N-th question", async () => {
    const server = await serve();
    const probe = probeOf(server, { fresh_every: 3 });
    for (let i = 0; i < 6; i++) expectSeen(await probe.ask(), "pass", /stores and finds/);
    expect(server.taken()).toBe(2);
  });

  it("hints when it is closed, between questions and in the middle of one", async () => {
    const server = await serve();
    const probe = probeOf(server);
    await probe.ask();
    for (const socket of server.sockets) socket.destroy();
    await until("a hint", () => probe.hints.length === 1);
    await probe.ask();
    for (const socket of server.sockets) socket.prependListener("data", () => socket.destroy());
    expectSeen(await probe.ask(), "pass", /stores and finds/);
    expect(probe.hints).toHaveLength(2);
  });

  it("is destroyed after a time-out without a hint", async () => {
    const server = await serve();
    const probe = probeOf(server);
    await probe.ask();
    for (const socket of server.sockets) socket.removeAllListeners("data");
    expectSeen(await probe.ask(100), "fail", /connected, but no answer/);
    expectSeen(await probe.ask(), "pass", /stores and finds/);
    expect(server.taken()).toBe(2);
    expect(probe.hints).toEqual([]);
  });
});

describe("memcached: limits", () => {
  it("that turn a new connection away are a warning", async () => {
    const full = keep(await fake((socket) => socket.end("ERROR Too many open connections\r\n")));
    const seen = await probeOf(full).ask();
    expectSeen(seen, "warn", /turns connections away: ERROR Too many open connections/);
    expect(seen.facts.badness).toBe(1);
  });

  it("that others hit since the last look are a warning", async () => {
    const server = await serve();
    const probe = probeOf(server);
    await probe.ask();
    server.mood = { stats: { rejected_connections: 2 } };
    expectSeen(await probe.ask(), "warn", /turned 2 connections away/);
    expectSeen(await probe.ask(), "pass", /stores and finds/);
  });

  it("of memory are a warning", async () => {
    const server = await serve({ answers: { set: "SERVER_ERROR out of memory storing object\r\n" } });
    expectSeen(await probeOf(server).ask(), "warn", /no memory for a value of 1024 bytes/);
  });
});

describe("memcached: login", () => {
  const login = { username: "monitor", password: "s3cret" };

  it("comes first, and expires at once where a server stores it", async () => {
    const server = await listener();
    await probeOf(server, login).ask(100);
    expect(server.got()).toMatch(/^set checkd:\S+ 0 -1 14\r\nmonitor s3cret\r\n$/);
  });

  it("that is accepted is followed by the question", async () => {
    expectSeen(await probeOf(await serve(), login).ask(), "pass", /stores and finds/);
  });

  it.each([
    ["refused", login, /the server refuses the login of monitor/],
    ["missing", {}, /the server wants a login: set username and password/],
  ])("that is %s is our own fault", async (_, options, reason) => {
    // As the real one: it answers the first line, nothing more, and does not close.
    const strict = keep(
      await fake((socket) => socket.once("data", () => socket.write("CLIENT_ERROR unauthenticated\r\n"))),
    );
    const seen = await probeOf(strict, options).ask();
    expectSeen(seen, "unknown", reason);
    expect(JSON.stringify(seen)).not.toContain("s3cret");
  });
});

describe("memcached: protocol binary", () => {
  it.each([
    ["polite close", /connection closed without an answer/],
    ["refused", /connection refused/],
    ["reset", /connection reset/],
    ["silent", /no answer in the binary protocol/],
    ["wrong protocol", /no answer in the binary protocol/],
  ] as const)("ends in time where the library would wait for ever: %s", async (how, reason) => {
    const server = keep(await misbehave(how));
    const probe = probeOf(server, { protocol: "binary" });
    expectSeen(await probe.ask(300), "fail", reason);
    expectSeen(await probe.ask(300), "fail", reason);
  });

  it("understands a server that is full, though it says so in text", async () => {
    const full = keep(await fake((socket) => socket.end("ERROR Too many open connections\r\n")));
    expectSeen(await probeOf(full, { protocol: "binary" }).ask(), "warn", /turns connections away/);
  });
});

describe("memcached: options", () => {
  it.each([
    [{ username: "monitor" }, /username and password are given together/],
    [{ protocol: "binary", tls: true }, /TLS is not spoken with protocol: binary/],
    [{ value_size: "2mb" }, /a value has 1 byte to 1mb/],
    [{ value_size: 0 }, /a value has 1 byte to 1mb/],
    [{ protocol: "text" }, /protocol/],
  ])("%j are refused", (options, problem) => {
    expect(JSON.stringify(memcached.options.safeParse(options).error?.issues)).toMatch(problem);
  });
});
