import type { Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { type Connection, openConnection } from "../../../../checks/lib/redis/connection.ts";
import type { Answer } from "../../../../checks/lib/redis/refusal.ts";
import { steadyLookup } from "../../../../checks/lib/tcp/lookup.ts";
import { testEnv } from "../../../contract/checker-bench.ts";
import { type Script, serveScript } from "../../../servers/fake-redis.ts";
import { fake } from "../../../servers/misbehaving.ts";

const QUESTION = [["PING"], ["ROLE"]] as const;
const script: Script = { PING: "PONG", ROLE: ["master", 0, []] };
const ANSWER: Answer[] = ["PONG", ["master", 0, []]];

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});

async function connected(serve: (socket: Socket) => void, limitMs: number | null = null): Promise<Connection> {
  const server = await fake(serve);
  ends.push(() => server.close());
  const access = { username: undefined, password: undefined, tls: null };
  const opening = { access, lookup: steadyLookup(testEnv().clock), dropped: () => {}, limitMs };
  const line = await openConnection(server, opening, null);
  ends.push(() => line.close());
  return line;
}

it("asks the same again and again, in one write each, and is answered anew each time", async () => {
  const chunks: string[] = [];
  let count = 0;
  const line = await connected((socket) => {
    socket.on("data", (chunk: Buffer) => chunks.push(chunk.toString()));
    serveScript(socket, () => ({ ...script, ROLE: count++ }));
  });
  // Every command looks at the script, so ROLE counts two a question.
  for (const role of [1, 3, 5]) expect(await line.ask(QUESTION, null)).toEqual(["PONG", role]);
  expect(chunks).toHaveLength(3);
  expect(new Set(chunks)).toEqual(new Set(["*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nROLE\r\n"]));
});

it("does not mix up two questions that are asked at once", async () => {
  const line = await connected((socket) => serveScript(socket, () => script));
  const both = [line.ask(QUESTION, null), line.ask(QUESTION, null), line.ask([["PING"]], null)];
  expect(await Promise.all(both)).toEqual([ANSWER, ANSWER, ["PONG"]]);
});

it("takes an error reply for an answer, at the second time as at the first", async () => {
  let current: Script = script;
  const line = await connected((socket) => serveScript(socket, () => current));
  expect(await line.ask(QUESTION, null)).toEqual(ANSWER);
  current = { ...script, PING: "-LOADING Redis is loading the dataset in memory" };
  for (let i = 0; i < 2; i++) expect(await line.ask(QUESTION, null)).toMatchObject([{ word: "LOADING" }, ANSWER[1]]);
  current = script;
  expect(await line.ask(QUESTION, null)).toEqual(ANSWER);
});

it("limits the time of each question, not only of the first", async () => {
  let silent = false;
  const line = await connected((socket) => {
    socket.on("data", () => {
      if (!silent) socket.write("+PONG\r\n");
    });
  }, 50);
  const ping = [["PING"]];
  for (let i = 0; i < 3; i++) expect(await line.ask(ping, null)).toEqual(["PONG"]);
  silent = true;
  await expect(line.ask(ping, null)).rejects.toThrow("Command timed out");
  expect(line.alive).toBe(false);
});

it("says what the server said before it closed the connection in mid-question", async () => {
  let full = false;
  const line = await connected((socket) => {
    socket.on("data", () => {
      if (full) socket.end("-ERR max number of clients reached\r\n");
      else socket.write("+PONG\r\n:1\r\n");
    });
  });
  expect(await line.ask(QUESTION, null)).toEqual(["PONG", 1]);
  full = true;
  await expect(line.ask(QUESTION, null)).rejects.toMatchObject({ name: "Refused", meaning: "full" });
});

it("ends at once when its signal does, and does not live on", async () => {
  const line = await connected((socket) => socket.resume());
  const controller = new AbortController();
  let said: unknown = null;
  line.ask(QUESTION, controller.signal).catch((error: unknown) => {
    said = error;
  });
  controller.abort(new Error("time is up"));
  // An engine waits for a turn of the loop only, to hear how far it came.
  await new Promise((done) => setImmediate(done));
  expect(said).toMatchObject({ message: "connected, but no answer", cause: controller.signal.reason });
  expect(line.alive).toBe(false);
});

it("gives up on an answer without end", async () => {
  const line = await connected((socket) => {
    socket.on("data", () => socket.write(`$${2 ** 30}\r\n${"x".repeat(2 ** 21)}`));
  });
  await expect(line.ask([["PING"]], null)).rejects.toThrow("more than 1048576 bytes came");
});
