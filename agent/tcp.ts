import { createServer, type Socket } from "node:net";
import type { Ms } from "../src/index.ts";
import type { Admission, Held } from "./connections.ts";
import type { Door, Inside } from "./door.ts";
import { type Asked, REQUEST_BYTES, readRequest, shown } from "./request.ts";

/** Longest time the shared port waits for a request. */
export const REQUEST_MS = 100;
/** A known name without its line end counts as whole when nothing follows for so long. */
export const PAUSE_MS = 10;

const NO_REQUEST = Buffer.from('# no request: agent-send "pool/target\\n" is missing\n');
const UNREADABLE = Buffer.from("# the request is not pool/target\n");

/** Answers for one target at once, whatever is sent. */
export const dedicatedPort = (inside: Inside, by: Admission, asked: Asked): Door =>
  accepting(inside, by, (socket, held) => answer(inside, socket, held, asked));

/** Reads `pool/target` and answers for that. */
export const sharedPort = (inside: Inside, by: Admission): Door =>
  accepting(inside, by, (socket, held) => readThenAnswer(inside, socket, held));

function accepting(inside: Inside, by: Admission, take: (socket: Socket, held: Held) => void): Door {
  // Half open: a peer that shuts its side after the request, as `echo p/t | nc` does, still wants the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const held = inside.connections.admit(socket, by);
    if (held !== null) take(socket, held);
  });
  return { server, end: () => inside.connections.endAll(by) };
}

/**
 * Not end(): that waits for HAProxy's close, which is a reset, and an error object for each is half of all work. What the
 * kernel has taken whole is on its way; only the rest, if there ever is one, is waited for.
 */
function say(socket: Socket, bytes: Buffer): void {
  socket.write(bytes);
  if (socket.writableLength === 0) socket.destroy();
  else socket.destroySoon();
}

function answer(inside: Inside, socket: Socket, held: Held, asked: Asked): void {
  const waiting = inside.polls.take(asked, held.peer, (row, policy, now) => {
    held.waiting = null;
    if (!socket.destroyed) say(socket, inside.replies.of(row, policy, now));
  });
  if (waiting === null) return;
  held.dueAt += waiting.forMs;
  held.waiting = waiting;
  // What comes is read and dropped: closing with unread bytes would reset the connection under the answer.
  socket.resume();
}

function readThenAnswer(inside: Inside, socket: Socket, held: Held): void {
  let bytes: string | null = "";
  let pause: NodeJS.Timeout | undefined;
  // A turn later: after a stall of ours the time is up before what has long arrived is read.
  const settleIn = (ms: Ms): NodeJS.Timeout => setTimeout(() => setImmediate(settle, true), ms);
  const settle = (ended: boolean): void => {
    if (bytes === null) return;
    const request = readRequest(bytes, ended);
    if (pause !== undefined) clearTimeout(pause);
    if (request.kind === "open") {
      if (request.asked !== null && inside.isTarget(request.asked)) pause = settleIn(PAUSE_MS);
      return;
    }
    const text = bytes;
    bytes = null;
    clearTimeout(late);
    if (request.kind === "asked") answer(inside, socket, held, request.asked);
    else refuse(inside, socket, held.peer, text);
  };
  const late = settleIn(REQUEST_MS);
  // It goes on reading after the request: see answer().
  socket.on("data", (chunk: Buffer) => {
    if (bytes === null) return;
    bytes += chunk.toString("utf8", 0, REQUEST_BYTES + 1);
    settle(false);
  });
  socket.on("end", () => settle(true));
  held.waiting = {
    hurry: () => {},
    hungUp: () => {
      bytes = null;
      clearTimeout(late);
      clearTimeout(pause);
    },
  };
}

function refuse(inside: Inside, socket: Socket, peer: string, text: string): void {
  inside.counts.malformed++;
  inside.warnings.warn(`malformed ${peer}`, () =>
    text === ""
      ? `agent: ${peer} asked for nothing within ${REQUEST_MS} ms: its server lines need agent-send "pool/target\\n"`
      : `agent: ${peer} asked for "${shown(text)}", which is not pool/target`,
  );
  say(socket, text === "" ? NO_REQUEST : UNREADABLE);
}
