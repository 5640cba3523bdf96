import { connect, type LookupFunction, type Socket } from "node:net";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { onAbort, stopped } from "../abort.ts";

/** Where to connect and how. */
export interface Dial {
  readonly host: string;
  readonly port: number;
  readonly tls: ConnectionOptions | null;
  readonly lookup: LookupFunction;
  /** More than this many bytes of answer end the conversation. */
  readonly maxBytes: number;
}

/** One connection over which somebody talks in turns; every wait ends when the signal aborts. */
export interface Conversation {
  /** Resolves when connected, with TLS when its handshake is done. */
  readonly ready: Promise<void>;
  send(bytes: Uint8Array): void;
  /** Resolves with all that came since the last `take` as soon as it is enough. */
  receive(enough: (got: Buffer) => boolean): Promise<Buffer>;
  /** Gives what came and begins anew. */
  take(): Buffer;
  /** Ends it: politely where all went well, at once where it did not. */
  close(how: "politely" | "at once"): void;
}

/** The peer closed, or sent too much, before the answer was enough. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";
  readonly got: Buffer;
  constructor(message: string, got: Buffer) {
    super(message);
    this.got = got;
  }
}

interface State {
  stage: string;
  got: Buffer;
  failure: Error | null;
  wake: () => void;
}

/** Connects; the caller closes. */
export function converse(dial: Dial, signal: AbortSignal): Conversation {
  const state: State = { stage: "no connection", got: Buffer.alloc(0), failure: null, wake: () => {} };
  const { host, port, lookup } = dial;
  const options = { host, port, lookup };
  const socket = dial.tls === null ? connect(options) : connectTls({ ...options, ...dial.tls });
  const fail = (error: Error): void => {
    state.failure ??= error;
    socket.destroy();
    state.wake();
  };
  const forget = onAbort(signal, () => fail(stopped(signal, state.stage)));
  follow(socket, state, dial, fail);
  return {
    ready: opened(socket, state, dial.tls === null ? "connect" : "secureConnect"),
    send: (bytes) => void socket.write(bytes),
    receive: (enough) => received(state, enough),
    take() {
      const all = state.got;
      state.got = Buffer.alloc(0);
      return all;
    },
    close(how) {
      forget();
      if (how === "politely") socket.destroySoon();
      else socket.destroy();
    },
  };
}

function follow(socket: Socket, state: State, dial: Dial, fail: (error: Error) => void): void {
  socket.on("error", fail);
  socket.on("connect", () => {
    state.stage = dial.tls === null ? "connected, but no answer" : "connected, but no TLS handshake";
  });
  socket.on("secureConnect", () => {
    state.stage = "TLS is up, but no answer";
  });
  socket.on("data", (chunk: Buffer) => {
    state.got = state.got.length === 0 ? chunk : Buffer.concat([state.got, chunk]);
    state.stage = `answer not complete after ${state.got.length} bytes`;
    state.wake();
    if (state.got.length > dial.maxBytes) fail(new Unanswered(`more than ${dial.maxBytes} bytes came`, state.got));
  });
  // A peer that only ends its side will not say more; without this a half-closed connection waits for the deadline.
  socket.on("end", () => fail(new Unanswered(`closed after ${state.got.length} bytes`, state.got)));
  socket.on("close", () => fail(new Error("connection closed")));
}

const opened = (socket: Socket, state: State, event: "connect" | "secureConnect"): Promise<void> =>
  new Promise((resolve, reject) => {
    state.wake = () => {
      if (state.failure !== null) reject(state.failure);
    };
    state.wake();
    socket.once(event, resolve);
  });

const received = (state: State, enough: (got: Buffer) => boolean): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    state.wake = () => {
      if (enough(state.got)) resolve(state.got);
      else if (state.failure !== null) reject(state.failure);
    };
    state.wake();
  });
