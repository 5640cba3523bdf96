import { connect } from "node:net";
import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { HaproxyError } from "./answer.ts";
import type { Endpoint } from "./endpoint.ts";

/** One line over one connection. */
export interface Conversation {
  readonly endpoint: Endpoint;
  /** For messages. */
  readonly address: string;
  readonly clock: Clock;
  /** For the whole of it, connecting included. */
  readonly timeoutMs: Ms;
}

/** What an operator can do about the usual reasons. */
const WHY: Readonly<Record<string, string>> = {
  ENOENT: "there is no such socket: HAProxy does not run, or makes it at its next reload (ENOENT)",
  ECONNREFUSED: "nobody listens there: HAProxy does not run (ECONNREFUSED)",
  EACCES: "checkd may not use it: see mode, user and group of `stats socket` (EACCES)",
};

const LARGEST_ANSWER = 64 << 20;

/** Says one line and gives the whole answer; a socket that hangs, breaks or never ends is an error of kind "unreachable". */
export function converse(
  { endpoint, address, clock, timeoutMs }: Conversation,
  line: string,
  signal: AbortSignal,
): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connect({ ...endpoint.options, allowHalfOpen: true });
    const chunks: Buffer[] = [];
    let length = 0;
    const end = (act: () => void): void => {
      cancel();
      signal.removeEventListener("abort", stop);
      socket.destroy();
      act();
    };
    const broken = (why: string, cause?: unknown): void =>
      end(() => fail(new HaproxyError("unreachable", `${address}: ${why}`, { cause })));
    const stop = (): void => broken("given up", signal.reason);
    const cancel = clock.at(clock.now() + timeoutMs, () => broken(`no answer within ${timeoutMs} ms`));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      const why = WHY[error.code ?? ""];
      if (why === undefined) broken(describeError(error), error);
      else broken(why);
    });
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    // A master socket stays open after its answer until we close our side.
    socket.once("connect", () => (endpoint.prefix === "" ? socket.write(`${line}\n`) : socket.end(`${line}\n`)));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length > LARGEST_ANSWER) broken("its answer does not end");
    });
    socket.once("end", () => end(() => done(Buffer.concat(chunks).toString())));
  });
}
