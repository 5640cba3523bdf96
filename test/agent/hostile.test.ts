import { connect, type Socket } from "node:net";
import { expect, it } from "vitest";
import { freePort, sleep, until } from "../servers/process.ts";
import { ask, FRESH, type RunningAgent, startAgent } from "./running-agent.ts";

/** The same inputs each time: a failure can be looked into. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const random = randomOf(20171016);
const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => random(256)));

/** What a hostile peer sends, and how it leaves. */
const INPUTS: readonly (() => Buffer)[] = [
  () => bytes(random(64)),
  () => bytes(random(4000)),
  () => Buffer.alloc(1 + random(70_000), "x"),
  () => Buffer.alloc(1 + random(50)),
  () => Buffer.from(`${"\n".repeat(random(2000))}p/a`),
  () => Buffer.from(`p/${"a".repeat(random(3000))}\n`),
  () => Buffer.from(`gone/${random(1e9)}\n`),
  () => Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
  () => Buffer.from("p/a\n".repeat(1 + random(500))),
  () => Buffer.from(`p/a${String.fromCharCode(random(32))}`),
];
const LEAVES: readonly ((socket: Socket) => void)[] = [
  (socket) => socket.end(),
  (socket) => socket.destroy(),
  (socket) => socket.resetAndDestroy(),
  () => {}, // never closes by itself
];

const pick = <T>(list: readonly T[]): T => {
  const found = list[random(list.length)];
  if (found === undefined) throw new Error("nothing to pick");
  return found;
};

/** One hostile connection; resolves when it is over, whoever ended it. */
const attack = (port: number): Promise<void> =>
  new Promise((done) => {
    const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.1.${1 + random(200)}` });
    socket.on("error", () => {}).on("close", () => done());
    socket.on("connect", () => {
      socket.write(pick(INPUTS)());
      pick(LEAVES)(socket);
    });
    socket.resume();
  });

/** A byte at a time, for ever. */
function drip(port: number, at: number): () => void {
  const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.2.${at}` });
  const timer = setInterval(() => socket.write("x"), 15);
  socket.on("error", () => {}).resume();
  socket.on("close", () => clearInterval(timer));
  return () => socket.destroy();
}

/** Polls as HAProxy does until told to stop; gives every answer. */
function steadyPolls(ports: { readonly shared: number; readonly own: number }) {
  const answers: string[] = [];
  let going = true;
  const run = async (): Promise<void> => {
    while (going) {
      answers.push(await ask({ port: ports.shared, host: "127.0.0.1" }, "p/a\n"));
      answers.push(await ask({ port: ports.own, host: "127.0.0.1" }));
      await sleep(5);
    }
  };
  const ended = run();
  return {
    answers,
    stop: () => {
      going = false;
      return ended;
    },
  };
}

async function flood(running: RunningAgent, ports: readonly number[], total: number): Promise<void> {
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < total) {
      sent++;
      await attack(pick(ports));
    }
  };
  await Promise.all(Array.from({ length: 100 }, worker));
  await until("all hostile connections to be gone", () => running.agent.stats.open === 0);
}

it("answers normal polls while 10,000 hostile connections come in, and keeps nothing of them", async () => {
  const [shared, own] = [await freePort(), await freePort()];
  const running = await startAgent({
    listen: [`127.0.0.1:${shared}`],
    ports: [{ pool: "p", target: "a", host: "127.0.0.1", port: own }],
    timeoutMs: 1000,
  });
  running.board.put("p", "a", FRESH);
  const polls = steadyPolls({ shared, own });
  await flood(running, [shared, own], 200);
  await flood(running, [shared, own], 9800);
  const slow = Array.from({ length: 20 }, (_, at) => drip(shared, at + 1));
  await until("the slow ones to be answered", () => running.agent.stats.open <= 1, 20_000);
  const answered = polls.answers.length;
  await until("more polls", () => polls.answers.length > answered + 4);
  await polls.stop();
  for (const end of slow) end();

  expect(polls.answers.length).toBeGreaterThan(20);
  expect(new Set(polls.answers)).toEqual(new Set(["up #fine\n"]));
  expect(running.agent.stats.unknownNames).toBeGreaterThan(100);
  expect(running.agent.stats.malformed).toBeGreaterThan(1000);
  expect(running.log.length).toBeLessThanOrEqual(256);
  expect(running.log.join("")).not.toMatch(/[^\x20-\x7e]/);
  await running.stop();
}, 60_000);
