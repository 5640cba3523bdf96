import type { Socket } from "node:net";
import type { AbstractConnector } from "ioredis";
import { type Refused, refusalOf } from "./refusal.ts";

const load = () => import("ioredis");
let library: ReturnType<typeof load> | null = null;

/** The client library, loaded when it is first used. */
export type Library = Awaited<ReturnType<typeof load>>;

/** Loads the client library once. */
export const loadLibrary = (): Promise<Library> => {
  library ??= load();
  return library;
};

/** The settings of a client that is given a socket of ours and does nothing by itself: no retry, no queue, no ready check. */
export function clientSettings(Base: typeof AbstractConnector, socket: Socket, tls: boolean, limit: number | null) {
  class Handed extends Base {
    constructor() {
      super(1);
    }
    override connect(): Promise<Socket> {
      this.stream = socket;
      return Promise.resolve(socket);
    }
  }
  return {
    Connector: Handed,
    lazyConnect: true,
    retryStrategy: null,
    enableOfflineQueue: false,
    enableReadyCheck: false,
    maxRetriesPerRequest: 0,
    connectTimeout: limit ?? 0,
    ...(limit === null ? {} : { commandTimeout: limit }),
    // RESP2 is spoken by every version, and asks nothing (HELLO, CLIENT SETINFO) before we do.
    protocol: 2 as const,
    disableClientInfo: true,
    autoResubscribe: false,
    // ioredis waits for the TLS handshake when this is set; the socket has its options already.
    ...(tls ? { tls: {} } : {}),
  };
}

/** Whether an error is one that the server replied with. */
export const isReply = (error: unknown): error is Error => error instanceof Error && error.name === "ReplyError";

/** An error reply is an answer; everything else is the end of the connection. */
export function asAnswer(error: unknown): Refused {
  if (isReply(error)) return refusalOf(error.message);
  throw error;
}

/** What an error of the library says of the server. */
export function readable(error: Error): Error {
  // A server that turns us away at the door answers before it was asked.
  const said = /Last error: (.*)/.exec(error.message)?.[1];
  if (said !== undefined) return refusalOf(said);
  if (!/Please report this/.test(error.message)) return error;
  return new Error("the answer is not of Redis's protocol", { cause: new Error(error.message.split(". ", 1)[0]) });
}
