import { connect } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readPath } from "../../agent/http.ts";
import type { AgentSettings } from "../../src/config/settings.ts";
import { freePort, sleep, until } from "../servers/process.ts";
import { ask, FRESH, type RunningAgent, startAgent } from "./running-agent.ts";

// On a busy machine a connection may take its time.
vi.setConfig({ testTimeout: 30_000 });

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

interface Door extends RunningAgent {
  readonly port: number;
  readonly url: string;
}

async function door(settings: Partial<AgentSettings> = {}): Promise<Door> {
  const port = await freePort();
  const running = await startAgent({ http: [`127.0.0.1:${port}`], ...settings });
  ends.push(running.stop);
  return { ...running, port, url: `http://127.0.0.1:${port}` };
}

async function get(url: string, method = "GET"): Promise<string> {
  const response = await fetch(url, { method });
  return `${response.status} ${await response.text()}`;
}

describe("readPath", () => {
  it.each([
    ["/check/p/t", { kind: "target", asked: { pool: "p", target: "t", id: "p/t" } }],
    ["/check/p/t?x=/y", { kind: "target", asked: { pool: "p", target: "t", id: "p/t" } }],
    ["/check/p", { kind: "pool", pool: "p" }],
    ["/check/p%2Ft", { kind: "target", asked: { pool: "p", target: "t", id: "p/t" } }],
    ["/check/", null],
    ["/check", null],
    ["/", null],
    ["/check/p/t/u", null],
    ["/check/p%zz", null],
    ["/check/p%00", null],
    [`/check/${"x".repeat(600)}`, null],
  ])("reads %s", (url, expected) => {
    expect(readPath(url)).toEqual(expected);
  });
});

describe("the HTTP door", () => {
  it.each(["GET", "OPTIONS"])("answers %s with 200 or 503 and the agent's text", async (method) => {
    const { board, url } = await door();
    board.put("p", "a", { ...FRESH, reason: "200 in 3ms" });
    board.put("p", "b", { ...FRESH, state: "down", reason: "refused" });
    expect(await get(`${url}/check/p/a`, method)).toBe("200 up #200 in 3ms\n");
    expect(await get(`${url}/check/p/b`, method)).toBe("503 down #refused\n");
  });

  it("names the methods it has to who tries another", async () => {
    const { board, url, agent } = await door();
    board.put("p", "a", FRESH);
    const response = await fetch(`${url}/check/p/a`, { method: "POST", body: "x" });
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect(agent.stats.polls).toBe(0);
  });

  it("answers HEAD with the status alone", async () => {
    const { board, url } = await door();
    board.put("p", "a", { ...FRESH, state: "down" });
    const response = await fetch(`${url}/check/p/a`, { method: "HEAD" });
    expect([response.status, response.headers.get("content-length"), await response.text()]).toEqual([503, "11", ""]);
  });

  it("speaks HTTP/1.0, as option httpchk does, and closes", async () => {
    const { board, port } = await door();
    board.put("p", "a", FRESH);
    const text = await ask({ port, host: "127.0.0.1" }, "OPTIONS /check/p/a HTTP/1.0\r\n\r\n");
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n.*Connection: close.*\r\n\r\nup #fine\n$/s);
  });

  it("is 200 for a pool of which one target may take traffic, else 503", async () => {
    const { board, url } = await door();
    board.put("p", "a", { ...FRESH, state: "down" });
    board.put("p", "b", FRESH);
    expect(await get(`${url}/check/p`)).toBe("200 up #1 of 2 serve\n");
    board.put("p", "b", { ...FRESH, state: "down" });
    expect(await get(`${url}/check/p`)).toBe("503 down #0 of 2 serve\n");
  });

  it("is 503 for names that are not there, with a warning; 404 for other paths", async () => {
    const { board, url, log, agent } = await door();
    board.put("p", "a", FRESH);
    expect(await get(`${url}/check/p/gone`)).toBe("503 # unknown target\n");
    expect(await get(`${url}/check/gone`)).toBe("503 # unknown pool\n");
    expect(await get(`${url}/`)).toBe("404 ask for /check/POOL or /check/POOL/TARGET\n");
    expect(agent.stats).toMatchObject({ unknownNames: 2, malformed: 1 });
    expect(log).toHaveLength(2);
  });

  it("counts as a poll: has what is old probed, and waits", async () => {
    const { board, prober, url, agent } = await door();
    for (const name of ["a", "b"]) board.put("p", name, { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 20_000 });
    const one = get(`${url}/check/p/a`);
    await until("the probe", () => prober.asked.length === 1);
    board.put("p", "a", { ...FRESH, state: "down", reason: "refused" });
    prober.settle();
    expect(await one).toBe("503 down #refused\n");
    const pool = get(`${url}/check/p`);
    await until("the probe of the other", () => prober.asked.length === 2);
    expect(prober.asked).toEqual(["p/a", "p/b"]);
    prober.settle();
    expect(await pool).toBe("200 up #1 of 2 serve\n");
    expect(agent.stats).toMatchObject({ polls: 3, waited: 2, atOnce: 1 });
  });

  it("notices that a peer hung up before its answer", async () => {
    const { board, prober, port, agent } = await door();
    board.put("p", "a", { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 20_000 });
    const client = connect(port, "127.0.0.1", () => client.write("GET /check/p/a HTTP/1.0\r\n\r\n"));
    client.on("error", () => {});
    await until("the probe", () => prober.asked.length === 1);
    await sleep(60);
    client.resetAndDestroy();
    await until("the hang-up", () => agent.stats.abandoned === 1);
    expect(agent.impatient()).toEqual([{ id: "p/a", peer: "127.0.0.1 (http)" }]);
  });

  it("waits for a pool of many targets without complaint", async () => {
    const { board, prober, url } = await door();
    for (let at = 0; at < 40; at++) board.put("p", `t${at}`, { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 20_000 });
    const warned: Error[] = [];
    const note = (warning: Error): void => void warned.push(warning);
    process.on("warning", note);
    const pool = get(`${url}/check/p`);
    await until("the probes", () => prober.asked.length === 40);
    prober.settle();
    expect(await pool).toBe("200 up #40 of 40 serve\n");
    process.off("warning", note);
    expect(warned).toEqual([]);
  });

  it("keeps a connection for several polls", async () => {
    const { board, port, agent } = await door();
    board.put("p", "a", FRESH);
    const client = connect(port, "127.0.0.1");
    let text = "";
    client.on("data", (chunk) => {
      text += chunk;
    });
    for (let at = 1; at <= 3; at++) {
      client.write("GET /check/p/a HTTP/1.1\r\nHost: x\r\n\r\n");
      await until("an answer", () => text.match(/up #fine/g)?.length === at);
    }
    expect(agent.stats.open).toBe(1);
    client.destroy();
    await until("the end", () => agent.stats.open === 0);
  });

  it("is closed to peers that allow does not name, and limited in number", async () => {
    const { board, url, port, agent } = await door({ allow: ["127.0.0.1"], maxPerPeer: 1 });
    board.put("p", "a", FRESH);
    expect(await ask({ port, host: "127.0.0.1", localAddress: "127.0.0.2" }).catch(() => "")).toBe("");
    const client = connect(port, "127.0.0.1");
    await until("the connection", () => agent.stats.open === 1);
    await expect(get(`${url}/check/p/a`)).rejects.toThrow();
    expect(agent.stats).toMatchObject({ notAllowed: 1, overLimit: 1 });
    client.destroy();
  });

  it.each([
    ["nothing", ""],
    ["half a request", "GET /check/p/a HTTP/1.1\r\nHost: x\r\n"],
    ["a body that never ends", "GET /check/p/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nx"],
  ])("ends a connection that sends %s", async (_what, bytes) => {
    const { board, port, agent } = await door({ timeoutMs: 100 });
    board.put("p", "a", FRESH);
    const client = connect(port, "127.0.0.1", () => client.write(bytes));
    client.on("error", () => {}).resume();
    await until("the end", () => agent.stats.open === 0 && client.destroyed);
  });

  it.each([
    ["rubbish", "\x16\x03\x01\0\0\n\n"],
    ["endless headers", `GET / HTTP/1.1\r\n${"x: endless\r\n".repeat(4000)}`],
  ])("refuses %s", async (_what, bytes) => {
    const { port, agent } = await door();
    expect(await ask({ port, host: "127.0.0.1" }, bytes)).toMatch(/^HTTP\/1\.1 400 Bad Request/);
    await until("the end", () => agent.stats.open === 0);
  });

  it("answers those who wait from memory when it stops, and closes idle connections", async () => {
    const port = await freePort();
    const running = await startAgent({ http: [`127.0.0.1:${port}`] });
    running.board.put("p", "a", { observedAt: 0 });
    running.board.setPolicy("p", {}, { waitMs: 20_000 });
    const idle = connect(port, "127.0.0.1");
    idle.on("error", () => {});
    const answer = get(`http://127.0.0.1:${port}/check/p/a`);
    await until("the poll", () => running.agent.stats.polls === 1 && running.agent.stats.open === 2);
    await running.stop();
    expect(await answer).toBe("200 up #fine\n");
    idle.destroy();
  });
});
