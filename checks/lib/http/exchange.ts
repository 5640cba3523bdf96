import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import { onAbort, stopped } from "../abort.ts";
import { codeOf, quoted } from "../reason.ts";
import { type Answer, answerOf, type Reading, read } from "./answer.ts";
import { open, type Question } from "./question.ts";

/** A kept connection was closed before it answered: the question may be asked again over a new one. */
export class KeptConnectionLost extends Error {
  override readonly name = "KeptConnectionLost";
}

interface Progress {
  stage: string;
  reading: Reading | null;
}

/** Asks once. Whatever comes, afterwards the connection is closed, or kept by the agent where the answer was whole. */
export function exchange(question: Question, signal: AbortSignal): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = open(question);
    const progress: Progress = { stage: "no connection", reading: null };
    let forget = (): void => {};
    const settle = (keep: boolean): void => {
      forget();
      if (keep) return;
      progress.reading?.stop();
      request.destroy();
    };
    const fail = (error: unknown): void => {
      settle(false);
      reject(error);
    };
    const answered = (answer: Answer): void => {
      const kept = question.agent !== false && answer.end === "whole" && request.shouldKeepAlive;
      settle(kept);
      resolve({ ...answer, kept });
    };
    forget = onAbort(signal, () => fail(stopped(signal, stageOf(progress))));
    // Stays for good: a destroyed request may still emit one.
    request.on("error", (error) => fail(cause(error, request, progress)));
    request.on("socket", (socket) => {
      question.using(socket);
      watch(socket, question, progress);
    });
    request.on("upgrade", (response, socket) => {
      socket.destroy();
      answered(answerOf(response, Buffer.alloc(0), "enough"));
    });
    request.on("response", (response) => {
      progress.reading = read(response, question);
      progress.reading.answer.then(answered, fail);
    });
    request.end(question.body ?? undefined);
  });
}

const stageOf = ({ stage, reading }: Progress): string =>
  reading === null ? stage : `answer not complete after ${reading.count()} bytes`;

function watch(socket: Socket, question: Question, progress: Progress): void {
  const plain = question.place.scheme === "http";
  if (!socket.connecting) progress.stage = "kept connection, but no answer";
  socket.once("connect", () => {
    progress.stage = plain ? "connected, but no answer" : "connected, but no TLS handshake";
  });
  socket.once("secureConnect", () => {
    progress.stage = "TLS is up, but no answer";
  });
}

const TLS_ALERT = 0x15;

function cause(error: Error, request: ClientRequest, progress: Progress): Error {
  const code = codeOf(error) ?? "";
  const closed = code === "ECONNRESET" || code === "EPIPE";
  if (closed && request.reusedSocket && progress.reading === null) {
    return new KeptConnectionLost("kept connection closed without an answer", { cause: error });
  }
  // Node gives this name to a close as well as to a reset; only a read that was reset says so itself.
  if (error.message === "socket hang up") return new Error("connection closed without an answer");
  if (!code.startsWith("HPE_")) return error;
  if (code === "HPE_HEADER_OVERFLOW") return new Error("header of the answer is larger than 16kb");
  const came = "rawPacket" in error && Buffer.isBuffer(error.rawPacket) ? error.rawPacket : Buffer.alloc(0);
  if (came[0] === TLS_ALERT) return new Error("expected HTTP, got TLS (set scheme: https)");
  const begun = came.subarray(0, 5).toString("latin1").startsWith("HTTP/") || progress.reading !== null;
  return new Error(begun ? `broken HTTP answer: ${error.message}` : `expected HTTP, got ${quoted(came.toString())}`);
}
