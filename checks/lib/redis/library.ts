import type { Socket } from "node:net";
import type { AbstractConnector, Command } from "ioredis";
import { type Answer, type Refused, refusalOf } from "./refusal.ts";

const load = async () => {
  const { AbstractConnector, Command, Redis } = await import("ioredis");
  return { AbstractConnector, Asked: askedOf(Command), Redis };
};
let library: ReturnType<typeof load> | null = null;

/** Who is told what came of a command. */
interface Asker {
  readonly answered: (answer: Answer) => void;
  readonly failed: (error: unknown) => void;
}

/** A command that tells its asker at once, instead of through a promise, and so can be sent again. */
function askedOf(Base: typeof Command) {
  return class Asked extends Base {
    readonly #asker: Asker;
    #written: string | Buffer | null = null;

    constructor([name = "", ...args]: readonly string[], asker: Asker) {
      super(name, args, { replyEncoding: "utf8" });
      this.#asker = asker;
      const reject = this.reject;
      this.reject = (error) => {
        reject(error);
        asker.failed(error);
      };
      this.promise.catch(() => {}); // the asker knows
    }

    override toWritable(socket: object) {
      this.#written ??= super.toWritable(socket);
      return this.#written;
    }

    override transformReply(raw: Buffer | Buffer[]) {
      const answer = super.transformReply(raw);
      this.#asker.answered(answer);
      return answer;
    }
  };
}

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

/** An error reply is an answer; everything else is the end of the connection, and gives null. */
export const asAnswer = (error: unknown): Refused | null => (isReply(error) ? refusalOf(error.message) : null);

/** What an error of the library says of the server. */
export function readable(error: Error): Error {
  // A server that turns us away at the door answers before it was asked.
  const said = /Last error: (.*)/.exec(error.message)?.[1];
  if (said !== undefined) return refusalOf(said);
  if (!/Please report this/.test(error.message)) return error;
  return new Error("the answer is not of Redis's protocol", { cause: new Error(error.message.split(". ", 1)[0]) });
}
