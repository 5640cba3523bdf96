import { connect, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Redis } from "ioredis";
import { onAbort, stopped } from "../abort.ts";
import { endpoint } from "../reason.ts";
import { clientSettings, isReply, type Library, loadLibrary, readable } from "./library.ts";
import type { Access } from "./options.ts";
import { type Answer, Refused, refusalOf } from "./refusal.ts";
import { Volley } from "./volley.ts";

/** Where a Redis server or a Sentinel listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One connection that was logged in to. */
export interface Connection {
  /** ip:port of the other end. */
  readonly peer: string;
  readonly alive: boolean;
  /**
   * Sends all commands in one write; an error reply comes back as an answer, a lost connection throws. Of the signals of
   * several questions at once only the last is heeded.
   */
  ask(commands: readonly (readonly string[])[], signal: AbortSignal | null): Promise<Answer[]>;
  /** Subscribes to channels; ends the connection's use for questions. */
  listen(channels: readonly string[], see: (channel: string, message: string) => void): Promise<void>;
  close(): void;
}

/** How a connection is opened. */
export interface Opening {
  readonly access: Access;
  /** Called once when the other end closes the connection after it was opened. */
  readonly dropped: () => void;
  readonly lookup: LookupFunction;
  /** Bounds connecting and each answer where no signal does: for what goes on between two questions. */
  readonly limitMs: number | null;
}

/** What a question is answered with is a few kilobytes. */
const MOST_BYTES = 1024 * 1024;

function dial({ host, port }: Address, { access, lookup }: Opening): Socket {
  const to = { host, port, lookup };
  return access.tls === null ? connect(to) : connectTls({ ...to, ...access.tls(host) });
}

/**
 * Opens a connection through ioredis, which is given a socket of ours: so the deadline ends it at once, the real
 * reason of a failure is seen, and retries, offline queue, ready check and reconnects stay out of a health check.
 */
export async function openConnection(at: Address, opening: Opening, signal: AbortSignal | null): Promise<Connection> {
  const loaded = await loadLibrary();
  signal?.throwIfAborted();
  const line = new Line(at, opening, loaded);
  try {
    await line.open(signal);
    return line;
  } catch (error) {
    line.close(); // a server that refuses the login keeps the connection
    throw error;
  }
}

class Line implements Connection {
  peer = "";
  readonly #opening: Opening;
  readonly #library: Library;
  readonly #socket: Socket;
  readonly #redis: Redis;
  #lastError: Error | null = null;
  /** Bytes since the last question. */
  #came = 0;
  /** What was asked last: most likely the next question too. */
  #volley: Volley | null = null;
  #asked: readonly (readonly string[])[] = [];
  #heeded: AbortSignal | null = null;
  #forget: () => void = () => {};
  /** How to end the questions that wait for an answer. */
  readonly #running = new Set<(error: unknown) => void>();
  #stage = "no connection";
  #state: "opening" | "open" | "closed" = "opening";

  constructor(at: Address, opening: Opening, library: Library) {
    this.#opening = opening;
    this.#library = library;
    this.#socket = dial(at, opening);
    this.#socket.setNoDelay(true);
    this.#socket.on("connect", () => {
      this.#stage = opening.access.tls === null ? "connected, but no answer" : "connected, but no TLS handshake";
    });
    this.#socket.on("secureConnect", () => {
      this.#stage = "TLS is up, but no answer";
    });
    this.#socket.on("error", (error) => this.#failed(error));
    this.#socket.on("data", (chunk: Buffer) => this.#count(chunk.length));
    this.#redis = new library.Redis(
      clientSettings(library.AbstractConnector, this.#socket, opening.access.tls !== null, opening.limitMs),
    );
    this.#redis.on("error", (error: Error) => this.#failed(error));
    this.#socket.once("close", () => this.#ended());
  }

  get alive(): boolean {
    return this.#state === "open" && !this.#socket.destroyed && this.#socket.readable;
  }

  async open(signal: AbortSignal | null): Promise<void> {
    await this.#bounded(signal, () => this.#redis.connect());
    this.peer = endpoint({ host: plain(this.#socket.remoteAddress ?? ""), port: this.#socket.remotePort ?? 0 });
    const { username, password } = this.#opening.access;
    if (password !== undefined) await this.#login(username, password.reveal(), signal);
    this.#state = "open";
  }

  ask(commands: readonly (readonly string[])[], signal: AbortSignal | null): Promise<Answer[]> {
    return this.#bounded(signal, () => this.#exchange(commands));
  }

  async listen(channels: readonly string[], see: (channel: string, message: string) => void): Promise<void> {
    this.#redis.on("message", (channel: string, message: string) => {
      this.#came = 0;
      see(channel, message);
    });
    await this.#bounded(null, () => this.#redis.subscribe(...channels));
  }

  close(): void {
    this.#state = "closed";
    this.#running.clear();
    this.#heed(null);
    // First the library, so that it takes the end for one that was wanted.
    this.#redis.disconnect();
    this.#socket.destroy();
  }

  async #login(username: string | undefined, password: string, signal: AbortSignal | null): Promise<void> {
    const words = username === undefined ? [password] : [username, password];
    const [answer] = await this.ask([["AUTH", ...words]], signal);
    // A server that wants no password serves all the same.
    if (answer instanceof Refused && !answer.needless) throw answer;
  }

  #exchange(commands: readonly (readonly string[])[]): Promise<Answer[]> {
    this.#came = 0;
    let volley = this.#volley;
    if (volley === null || volley.busy || this.#asked !== commands) {
      volley = new Volley(this.#library, commands);
      this.#volley = volley;
      this.#asked = commands;
    }
    return volley.send(this.#redis, this.#socket);
  }

  /** At the end of the signal the question ends at once: the library would take a turn or two to notice. */
  #bounded<T>(signal: AbortSignal | null, run: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      this.#heed(signal);
      const end = (error: unknown): void => {
        this.close();
        reject(error);
      };
      this.#running.add(end);
      run().then(
        (answer) => {
          this.#running.delete(end);
          resolve(answer);
        },
        (error: unknown) => end(this.#reason(error)),
      );
    });
  }

  /** One listener for all questions of a signal, which an engine uses again: it costs more than to read the answers. */
  #heed(signal: AbortSignal | null): void {
    if (signal === this.#heeded) return;
    this.#forget();
    this.#heeded = signal;
    if (signal === null) return;
    this.#forget = onAbort(signal, () => {
      for (const end of [...this.#running]) end(stopped(signal, this.#stage));
    });
  }

  /** ioredis rejects with "Connection is closed."; why is only in the error event. */
  #reason(error: unknown): Error {
    if (error instanceof Refused) return error;
    if (isReply(error)) return refusalOf(error.message);
    if (this.#lastError !== null) return this.#lastError;
    if (error instanceof Error && error.message === "Command timed out") return error;
    return new Error("connection closed without an answer");
  }

  #failed(error: Error): void {
    this.#lastError ??= readable(error);
  }

  /** The library keeps an answer until it is complete; an endless one must not fill our memory. */
  #count(bytes: number): void {
    this.#came += bytes;
    if (this.#came <= MOST_BYTES) return;
    this.#failed(new Error(`more than ${MOST_BYTES} bytes came`));
    this.close();
  }

  #ended(): void {
    const wasOpen = this.#state === "open";
    this.#state = "closed";
    if (wasOpen) this.#opening.dropped();
  }
}

/** An IPv4 address as such, also when the socket is a v6 one. */
const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, "");
