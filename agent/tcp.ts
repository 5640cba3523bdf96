import { createServer, type Socket } from "node:net";
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

/** Not end(): that waits for HAProxy's close, which is a reset, and an error object for each is half of all work. */
function say(socket: Socket, bytes: Buffer): void {
  socket.write(bytes);
  socket.destroySoon();
}

function answer(inside: Inside, socket: Socket, held: Held, asked: Asked): void {
  const waiting = inside.polls.take(asked, held.peer, (row, policy, now) => {
    held.hurry = null;
    if (!socket.destroyed) say(socket, inside.replies.of(row, policy, now));
  });
  if (waiting === null) return;
  held.dueAt += waiting.forMs;
  held.hurry = waiting.hurry;
  socket.on("close", waiting.hungUp);
  // What comes is read and dropped: closing with unread bytes would reset the connection under the answer.
  socket.resume();
}

function readThenAnswer(inside: Inside, socket: Socket, held: Held): void {
  let bytes = "";
  let pause: NodeJS.Timeout | undefined;
  const settle = (ended: boolean): void => {
    const request = readRequest(bytes, ended);
    if (request.kind === "open") {
      clearTimeout(pause);
      if (request.asked !== null && inside.isTarget(request.asked)) pause = setTimeout(settle, PAUSE_MS, true);
      return;
    }
    release();
    if (request.kind === "asked") answer(inside, socket, held, request.asked);
    else refuse(inside, socket, held.peer, bytes);
  };
  const read = (chunk: Buffer): void => {
    bytes += chunk.toString("utf8", 0, REQUEST_BYTES + 1);
    settle(false);
  };
  const ended = (): void => settle(true);
  const release = (): void => {
    clearTimeout(late);
    clearTimeout(pause);
    socket.off("data", read).off("end", ended).off("close", release);
    socket.resume();
  };
  const late = setTimeout(settle, REQUEST_MS, true);
  socket.on("data", read).on("end", ended).on("close", release);
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
