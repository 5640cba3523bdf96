import { spawn } from "node:child_process";
import { readdirSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { openAgent } from "../../agent/server.ts";
import { steadyNow } from "../../src/engine/clock.ts";
import { freePort, sleep, tempDir, until } from "../servers/process.ts";
import { FakeBoard, FakeProber } from "./fake-board.ts";
import { ask, askPort, FRESH, NO_DOORS, type RunningAgent, startAgent } from "./running-agent.ts";

// On a busy machine a connection may take its time.
vi.setConfig({ testTimeout: 30_000 });

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function agentWith(settings: Parameters<typeof startAgent>[0]): Promise<RunningAgent> {
  const running = await startAgent(settings);
  ends.push(running.stop);
  return running;
}

const portFor = (port: number, pool = "p", target = "a", host = "127.0.0.1") => ({ pool, target, host, port });

/** A client that connects and does nothing by itself. */
function idle(port: number, localAddress?: string): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: "127.0.0.1", ...(localAddress === undefined ? {} : { localAddress }) });
    socket.once("connect", () => {
      socket.removeListener("error", fail).on("error", () => {});
      done(socket);
    });
    socket.once("error", fail);
  });
}

const descriptors = (): number => readdirSync("/proc/self/fd").length;

describe("a dedicated port", () => {
  it("answers for its target at once, whatever is sent", async () => {
    const port = await freePort();
    const { board } = await agentWith({ ports: [portFor(port)] });
    board.put("p", "a", { ...FRESH, reason: "200 in 3ms" });
    expect(await askPort(port)).toBe("up #200 in 3ms\n");
    expect(await askPort(port, "p/b\n")).toBe("up #200 in 3ms\n");
    board.put("p", "a", { ...FRESH, state: "down", reason: "no test me" });
    expect(await askPort(port)).toBe("down #no test me\n");
  });

  it("changes nothing while there is no verdict, and when its target is gone", async () => {
    const port = await freePort();
    const { board, agent, log, prober } = await agentWith({ ports: [portFor(port)] });
    prober.probe = async () => {};
    board.put("p", "a", { state: null });
    expect(await askPort(port)).toBe("# no verdict yet\n");
    board.drop("p", "a");
    expect(await askPort(port)).toBe("# unknown target\n");
    expect(await askPort(port)).toBe("# unknown target\n");
    expect(agent.stats.unknownNames).toBe(2);
    expect(log).toEqual(["warn: agent: 127.0.0.1 asks for p/a, which is no target of ours"]);
  });

  it("waits for a probe and tells what it found", async () => {
    const port = await freePort();
    const { board, prober, agent } = await agentWith({ ports: [portFor(port)] });
    board.put("p", "a", { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 20_000 });
    const answer = askPort(port);
    await until("the probe", () => prober.asked.length === 1);
    board.put("p", "a", { ...FRESH, state: "down", reason: "refused" });
    prober.settle();
    expect(await answer).toBe("down #refused\n");
    expect(agent.stats).toMatchObject({ polls: 1, waited: 1 });
  });

  it("answers a peer at once after it hung up on a late answer", async () => {
    const port = await freePort();
    const { board, agent, log } = await agentWith({ ports: [portFor(port)] });
    board.put("p", "a", { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 20_000 });
    const client = await idle(port);
    await until("the poll", () => agent.stats.polls === 1);
    await sleep(60);
    client.resetAndDestroy();
    await until("the hang-up", () => agent.stats.abandoned === 1);
    expect(agent.impatient()).toEqual([{ id: "p/a", peer: "127.0.0.1" }]);
    expect(log.join("\n")).toMatch(
      /127\.0\.0\.1 hung up on a poll of p\/a after \d+ms: it is answered at once for 10m/,
    );
    expect(await askPort(port)).toBe("up #fine\n");
  });

  it("still answers a peer that only shut its own side", async () => {
    const port = await freePort();
    const { board, prober, agent } = await agentWith({ ports: [portFor(port)] });
    board.put("p", "a", { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 20_000 });
    const answer = new Promise<string>((done) => {
      const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => client.end("x"));
      client.on("data", (bytes) => done(String(bytes)));
    });
    await until("the probe", () => prober.asked.length === 1);
    await sleep(30);
    prober.settle();
    expect(await answer).toBe("up #fine\n");
    expect(agent.stats.abandoned).toBe(0);
  });
});

describe("the shared port", () => {
  it.each([
    ["terminated", "p/b\n"],
    ["by CR and LF", "p/b\r\n"],
    ["unterminated", "p/b"],
    ["with a written-out line end", "p/b\\n"],
  ])("answers for the target that agent-send names, %s", async (_how, send) => {
    const port = await freePort();
    const { board } = await agentWith({ listen: [`127.0.0.1:${port}`] });
    board.put("p", "a", { ...FRESH, reason: "a" });
    board.put("p", "b", { ...FRESH, reason: "b" });
    board.put("p", "bc", { ...FRESH, reason: "bc" });
    expect(await askPort(port, send)).toBe("up #b\n");
  });

  it("takes a request in pieces, also when its beginning is the name of another target", async () => {
    const port = await freePort();
    const { board } = await agentWith({ listen: [`127.0.0.1:${port}`] });
    board.put("p", "b", { ...FRESH, reason: "b" });
    board.put("p", "bc", { ...FRESH, reason: "bc" });
    const client = await idle(port);
    const answer = new Promise<string>((done) => client.on("data", (bytes) => done(String(bytes))));
    client.setNoDelay();
    client.write("p/b");
    client.write("c\n");
    expect(await answer).toBe("up #bc\n");
  });

  it("answers with no change when nothing is asked for in 100 ms, and says so once", async () => {
    const port = await freePort();
    const { agent, log } = await agentWith({ listen: [`127.0.0.1:${port}`] });
    const before = performance.now();
    expect(await askPort(port)).toBe('# no request: agent-send "pool/target\\n" is missing\n');
    expect(performance.now() - before).toBeGreaterThan(90);
    await askPort(port);
    expect(agent.stats.malformed).toBe(2);
    expect(log).toEqual([
      'warn: agent: 127.0.0.1 asked for nothing within 100 ms: its server lines need agent-send "pool/target\\n"',
    ]);
  });

  it("reads a request that came while this process was stalled, although its time is up", async () => {
    const port = await freePort();
    const { agent, board } = await agentWith({ listen: [`127.0.0.1:${port}`] });
    board.put("p", "a", FRESH);
    const client = await idle(port);
    const answer = new Promise((done) => client.on("data", (bytes) => done(String(bytes))));
    await until("the connection to be accepted", () => agent.stats.open === 1, 5000, 1);
    client.write("p/a\n");
    const end = performance.now() + 200;
    while (performance.now() < end);
    expect(await answer).toBe("up #fine\n");
  });

  it("takes what came before the peer shut its side as the whole request", async () => {
    const port = await freePort();
    const { board } = await agentWith({ listen: [`127.0.0.1:${port}`] });
    board.put("p", "a", FRESH);
    const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true }, () => client.end("p/a"));
    expect(await new Promise((done) => client.on("data", (bytes) => done(String(bytes))))).toBe("up #fine\n");
    client.destroy();
  });

  it.each([
    ["p/gone\n", "# unknown target\n", "warn: agent: 127.0.0.1 asks for p/gone, which is no target of ours"],
    [
      "GET / HTTP/1.1\r\n\r\n",
      "# the request is not pool/target\n",
      'warn: agent: 127.0.0.1 asked for "GET / HTTP/1.1?", which is not pool/target',
    ],
  ])("answers %j with no change", async (send, reply, warning) => {
    const port = await freePort();
    const { board, log } = await agentWith({ listen: [`127.0.0.1:${port}`] });
    board.put("p", "a", FRESH);
    expect(await askPort(port, send)).toBe(reply);
    expect(log).toEqual([warning]);
  });

  it("shows its answers to whoever waits for a hand-over", async () => {
    const port = await freePort();
    const { board, heard } = await agentWith({ listen: [`127.0.0.1:${port}`] });
    board.put("p", "a", { ...FRESH, state: "down", since: 5 });
    await askPort(port, "p/a\n");
    expect(heard).toEqual(["p/a"]);
  });
});

describe("addresses", () => {
  it("serves IPv6 and IPv4 on one port", async () => {
    const port = await freePort();
    const { board } = await agentWith({ listen: [`0.0.0.0:${port}`, `[::]:${port}`] });
    board.put("p", "a", FRESH);
    expect(await askPort(port, "p/a\n", "127.0.0.1")).toBe("up #fine\n");
    expect(await askPort(port, "p/a\n", "::1")).toBe("up #fine\n");
  });

  it("takes IPv4 on an IPv6 listener that is alone on its port, and knows the peer by its IPv4 address", async () => {
    const port = await freePort();
    const { board, log } = await agentWith({ listen: [`[::]:${port}`], allow: ["127.0.0.1"] });
    board.put("p", "a", FRESH);
    expect(await askPort(port, "p/a\n", "127.0.0.1")).toBe("up #fine\n");
    expect(await askPort(port, "p/a\n", "::1").catch(() => "")).toBe("");
    expect(log).toEqual(["warn: agent: ::1 is not in agent.allow: closed unanswered"]);
  });

  it("serves a Unix socket that every local user may use, and removes it when it stops", async () => {
    const path = join(tempDir("agent"), "agent.sock");
    const running = await startAgent({ listen: [`unix:${path}`], allow: ["10.0.0.0/8"] });
    running.board.put("p", "a", FRESH);
    expect(await ask({ path }, "p/a\n")).toBe("up #fine\n");
    expect(statSync(path).mode & 0o666).toBe(0o666);
    await running.stop();
    expect(() => statSync(path)).toThrow("ENOENT");
  });

  it("takes over the socket file of a process that was killed", async () => {
    const path = join(tempDir("agent"), "agent.sock");
    await leaveStaleSocket(path);
    const { board } = await agentWith({ listen: [`unix:${path}`] });
    board.put("p", "a", FRESH);
    expect(await ask({ path }, "p/a\n")).toBe("up #fine\n");
  });
});

describe("what cannot be served", () => {
  it("is an error that names pool, target and port", async () => {
    const port = await freePort();
    const taken = await hold(port);
    ends.push(() => new Promise((done) => taken.close(done)));
    await expect(startAgent({ ports: [portFor(port, "p80", "app1")] })).rejects.toThrow(
      `agent_port of p80/app1: 127.0.0.1:${port} is taken by another program (EADDRINUSE)`,
    );
  });

  it("leaves a live socket and a file that is no socket alone", async () => {
    const live = join(tempDir("agent"), "agent.sock");
    await agentWith({ listen: [`unix:${live}`] });
    await expect(startAgent({ listen: [`unix:${live}`] })).rejects.toThrow(`unix:${live} is taken by another program`);
    const file = join(tempDir("agent"), "file");
    writeFileSync(file, "precious");
    await expect(startAgent({ listen: [`unix:${file}`] })).rejects.toThrow(`unix:${file} is taken by another program`);
    expect(statSync(file).size).toBe(8);
  });

  it("is an address that this machine does not have", async () => {
    const port = await freePort();
    await expect(startAgent({ listen: [`192.0.2.1:${port}`] })).rejects.toThrow(
      `agent.listen: 192.0.2.1:${port} is no address of this machine (EADDRNOTAVAIL)`,
    );
  });
});

describe("the key of a part", () => {
  const agent = openAgent({
    board: new FakeBoard(),
    prober: new FakeProber(),
    clock: { now: steadyNow, wall: Date.now, at: () => () => {} },
    log: () => {},
    heard: () => {},
  });
  const keys = (change: Partial<typeof NO_DOORS>) =>
    agent
      .parts({ ...NO_DOORS, listen: ["127.0.0.1:3300"], ports: [portFor(3333)], ...change })
      .map(({ part }) => part.key);

  it("is equal for equal settings", () => {
    expect(keys({})).toEqual(keys({}));
    expect(new Set(keys({})).size).toBe(2);
  });

  it("comes with what only one listener can have", () => {
    const settings = { ...NO_DOORS, listen: ["[::]:3300", "unix:/run/a.sock"], http: ["127.0.0.1:3380"] };
    expect(agent.parts(settings).flatMap(({ holds }) => holds)).toEqual(["port:3300", "file:/run/a.sock", "port:3380"]);
  });

  it.each([
    [{ allow: ["10.0.0.0/8"] }],
    [{ maxConnections: 5 }],
    [{ maxPerPeer: 5 }],
    [{ timeoutMs: 5 }],
    [{ listen: ["127.0.0.1:3301"], ports: [portFor(3333, "p", "b")] }],
  ])("is another for %j", (change) => {
    const before = keys({});
    for (const key of keys(change)) expect(before).not.toContain(key);
  });
});

describe("limits", () => {
  it("closes peers that allow does not name", async () => {
    const port = await freePort();
    const { board, agent } = await agentWith({ ports: [portFor(port)], allow: ["10.0.0.0/8", "127.0.0.2"] });
    board.put("p", "a", FRESH);
    expect(await askPort(port).catch(() => "")).toBe("");
    expect(await ask({ port, host: "127.0.0.1", localAddress: "127.0.0.2" })).toBe("up #fine\n");
    expect(agent.stats).toMatchObject({ notAllowed: 1, open: 0 });
  });

  it("holds at most so many connections of one peer, and answers other peers", async () => {
    const port = await freePort();
    const { board, agent, log } = await agentWith({ ports: [portFor(port)], maxPerPeer: 3 });
    board.put("p", "a", { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 20_000 });
    const held = await Promise.all([1, 2, 3].map(() => idle(port)));
    await until("three to be held", () => agent.stats.open === 3);
    expect(await askPort(port).catch(() => "")).toBe("");
    expect(agent.stats).toMatchObject({ open: 3, overLimit: 1 });
    board.put("p", "a", FRESH);
    expect(await ask({ port, host: "127.0.0.1", localAddress: "127.0.0.2" })).toBe("up #fine\n");
    for (const each of held) each.resetAndDestroy();
    await until("all to be gone", () => agent.stats.open === 0);
    expect(await askPort(port)).toBe("up #fine\n");
    expect(log[0]).toBe("warn: agent: too many connections (the last from 127.0.0.1): closed unanswered");
  });

  it("holds at most so many connections over all ports", async () => {
    const [one, two] = [await freePort(), await freePort()];
    const settings = { ports: [portFor(one), portFor(two, "p", "b")], maxConnections: 2 };
    const { board, agent } = await agentWith(settings);
    for (const name of ["a", "b"]) board.put("p", name, { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 20_000 });
    const held = [await idle(one), await idle(two)];
    await until("two to be held", () => agent.stats.open === 2);
    expect(await askPort(two).catch(() => "")).toBe("");
    for (const each of held) each.resetAndDestroy();
    await until("all to be gone", () => agent.stats.open === 0);
  });

  it("ends a connection whose peer does not take its answer", async () => {
    const port = await freePort();
    const { board, agent } = await agentWith({ listen: [`127.0.0.1:${port}`], timeoutMs: 50 });
    board.put("p", "a", { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 1 });
    const client = await idle(port);
    client.pause();
    client.write("p/a\n");
    await until("the connection to end", () => agent.stats.polls === 1 && agent.stats.open === 0);
  });
});

describe("stopping", () => {
  it("answers those who wait from memory, frees the port and leaves nothing open", async () => {
    const port = await freePort();
    const running = await startAgent({ ports: [portFor(port)] });
    running.board.put("p", "a", { observedAt: 0 });
    running.board.setPolicy("p", {}, { waitMs: 20_000 });
    const answer = askPort(port);
    await until("the poll", () => running.agent.stats.polls === 1);
    await running.stop();
    expect(await answer).toBe("up #fine\n");
    expect(running.agent.stats.open).toBe(0);
    const again = await hold(port);
    await new Promise((done) => again.close(done));
  });

  it("does not wait for a peer that neither asks nor closes", async () => {
    const port = await freePort();
    const running = await startAgent({ listen: [`127.0.0.1:${port}`] });
    const client = await idle(port);
    await until("the connection", () => running.agent.stats.open === 1);
    await running.stop();
    await until("the connection to end", () => running.agent.stats.open === 0);
    expect(running.agent.stats.malformed).toBe(0);
    client.destroy();
  });
});

describe("descriptors", () => {
  it.each([
    ["a dedicated port, nothing sent", null, false],
    ["a dedicated port, agent-send", "p/a\n", false],
    ["the shared port", "p/a\n", true],
  ])("do not grow over 600 polls that end in a reset: %s", async (_what, send, shared) => {
    const port = await freePort();
    const doors = shared ? { listen: [`127.0.0.1:${port}`] } : { ports: [portFor(port)] };
    const { board, agent } = await agentWith(doors);
    board.put("p", "a", FRESH);
    const before = descriptors();
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: 30 }, () => pollAndReset(port, send)));
    await until("all to be closed", () => agent.stats.open === 0);
    expect(agent.stats.polls).toBe(600);
    expect(descriptors()).toBeLessThanOrEqual(before);
  });
});

/** As HAProxy does: takes the line and resets. */
const pollAndReset = (port: number, send: string | null): Promise<void> =>
  new Promise((done, fail) => {
    const client = connect(port, "127.0.0.1", () => {
      if (send !== null) client.write(send);
    });
    let got = false;
    client.on("data", () => {
      got = true;
      client.resetAndDestroy();
    });
    client.on("error", () => {});
    client.on("close", () => (got ? done() : fail(new Error("no answer"))));
  });

const hold = (port: number): Promise<Server> =>
  new Promise((done) => {
    const server = createServer().listen(port, "127.0.0.1", () => done(server));
  });

/** What a killed process leaves: a socket file that nobody accepts on. */
async function leaveStaleSocket(path: string): Promise<void> {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  const child = spawn(process.execPath, ["-e", script]);
  await new Promise((done) => child.once("exit", done));
  expect(statSync(path).isSocket()).toBe(true);
}
