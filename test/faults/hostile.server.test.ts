import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { askAgent, startCheckd } from "../e2e/checkd.ts";
import { startWeb } from "../e2e/part1-web.ts";
import { HAPROXY_DEFAULTS, startHaproxy } from "../servers/haproxy.ts";
import { freePort, sleep, until } from "../servers/process.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const keep = <T extends { stop(): Promise<unknown> }>(running: T): T => {
  stops.push(() => running.stop());
  return running;
};

const HOSTILE = 10_000;
const AT_ONCE = 64;
const SLOW = 100;

/** A sequence that is the same in each run: what fails can be looked into. */
function sequence(seed: number): (below: number) => number {
  let at = seed;
  return (below) => {
    at = (at * 48271) % 2147483647;
    return at % below;
  };
}

const next = sequence(3333);
const letters = (length: number): string => "abcdefghij/\\%:#{}".repeat(Math.ceil(length / 17)).slice(0, length);

/** What is sent; most of it looks a little like a request. */
const SENT: readonly (() => Buffer)[] = [
  () => Buffer.from(Array.from({ length: next(300) }, () => next(256))),
  () => Buffer.alloc(next(100_000), 0),
  () => Buffer.from(letters(next(100_000))),
  () => Buffer.from("p80/app1"),
  () => Buffer.from(`p80/${"\u0000".repeat(next(20))}app1\n`),
  () => Buffer.from(`${letters(40)}/${letters(40)}\n`),
  () => Buffer.from("\r\n".repeat(next(500))),
  () => Buffer.from(`GET /check/${letters(next(9000))} HTTP/1.1\r\nHost: a\r\n\r\n`),
  () => Buffer.from("POST /check/p80/app1 HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\nx"),
  () => Buffer.from("GET /check/p80/app1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\nZZ\r\n"),
  () => Buffer.from("p80/app1\n".repeat(next(2000))),
  () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, next(256), 0x03, 0x03]),
  () => Buffer.from("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\np80/app1\n"),
  () => Buffer.alloc(0),
];

const ENDS: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.end(),
  (socket) => socket.destroy(),
  (socket) => socket.resetAndDestroy(),
  () => {}, // it never closes; checkd must
];

const of = <T>(list: readonly T[]): T => {
  const found = list[next(list.length)];
  if (found === undefined) throw new Error("an empty list");
  return found;
};

const attack = (port: number): Promise<void> =>
  new Promise((done) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.5.${1 + next(200)}` }, () => {
      socket.write(of(SENT)());
      of(ENDS)(socket);
    });
    socket.on("error", () => {}).on("close", () => done());
    socket.resume();
  });

/** Sends a byte now and then and never ends. */
function dripping(port: number, at: number): Socket {
  const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.6.${1 + at}` });
  const timer = setInterval(() => socket.write("p"), 40);
  socket.on("error", () => {}).on("close", () => clearInterval(timer));
  return socket.resume();
}

it("goes on answering HAProxy while 10,000 hostile and 300 slow connections come in, and keeps nothing of them", async () => {
  const web = keep(await startWeb());
  const [own, shared, http] = [await freePort(), await freePort(), await freePort()];
  const checkd = keep(
    await startCheckd({
      agent: { listen: `127.0.0.1:${shared}`, http: `127.0.0.1:${http}`, timeout: "2s" },
      pools: {
        p80: {
          check: { type: "http-content", contains: "test me" },
          targets: { app1: { address: `127.0.0.1:${web.port}`, agent_port: own } },
        },
      },
    }),
  );
  await until("the first verdict", async () => (await askAgent(own)).startsWith("up"));
  await sleep(500);
  const descriptors = (): number => readdirSync(`/proc/${checkd.pid}/fd`).length;
  const before = descriptors();
  const line = (name: string, port: number): string =>
    `  server ${name} 127.0.0.1:${web.port} agent-check agent-inter 100ms agent-addr 127.0.0.1 agent-port ${port} agent-send "p80/app1\\n"\n`;
  const config = `${HAPROXY_DEFAULTS}  timeout check 3s\nbackend b\n${line("a", own)}${line("b", shared)}`;
  const haproxy = keep(await startHaproxy({ config }));
  const slow = [own, shared, http].flatMap((port) => Array.from({ length: SLOW }, (_, at) => dripping(port, at)));
  const shown = new Set<string>();
  let over = false;
  const looking = (async () => {
    for (; !over; await sleep(50)) {
      for (const name of ["b/a", "b/b"]) shown.add((await haproxy.server(name)).agent_status ?? "");
    }
  })();
  let sent = 0;
  const attacker = async (): Promise<void> => {
    while (sent < HOSTILE) {
      sent += 1;
      await attack(of([own, shared, http]));
    }
  };
  await until("the first answers", () => shown.has("L7OK"));
  shown.clear();
  await Promise.all(Array.from({ length: AT_ONCE }, attacker));
  // The reply still follows the server.
  web.mood = "broken";
  await until("the down", async () => (await haproxy.server("b/b")).status === "DOWN (agent)");
  web.mood = "ok";
  await until("the up", async () => (await haproxy.server("b/a")).status === "no check");
  over = true;
  await looking;
  // That it was down was seen above; the looks every 50 ms may miss it, but must show nothing else.
  expect([...shown].filter((status) => status !== "L7STS")).toEqual(["L7OK"]);
  await until("the slow ones to be ended", () => slow.every((socket) => socket.destroyed));
  await haproxy.stop();
  await until("all to be closed", () => descriptors() <= before);
  expect(checkd.output()).not.toMatch(/ERROR|internal/);
});
