import { Socket } from "node:net";
import type { Client, Server } from "memjs";
import { describeError, OwnFault } from "../../../src/index.ts";
import { onAbort, stopped } from "../abort.ts";
import { type Cache, type OpenCache, type Opening, type Sample, type Trial, TurnedAway } from "./cache.ts";

const load = () => import("memjs");
let library: ReturnType<typeof load> | null = null;

/** memjs counts in seconds; its own limits must never come before the deadline of the question. */
const NO_LIMIT_SECONDS = 86_400;

/** A value and the statistics are less. */
const MOST_BYTES = 2 * 1024 * 1024;

/** Opens connections that speak the binary protocol through memjs, with SASL PLAIN where there is a login. */
export const openBinary: OpenCache = async (opening, signal) => {
  library ??= load();
  const memjs = await library;
  signal.throwIfAborted();
  const { host, port, login } = opening;
  const options = { timeout: NO_LIMIT_SECONDS, conntimeout: NO_LIMIT_SECONDS };
  const server = new memjs.Server(host, port, login?.username, login?.password.reveal(), options);
  if (login === null) withoutLogin(server);
  const quiet = { log() {} };
  const client = new memjs.Client([server], { retries: 0, failover: false, logger: quiet });
  return new BinaryLine(server, client, opening);
};

/** memjs takes a login from the environment where it was given none. */
function withoutLogin(server: Server): void {
  Object.assign(server, { username: undefined, password: undefined });
}

/** What the library waits for for ever when the other end closes without an error. */
class BinaryLine implements Cache {
  readonly #server: Server;
  readonly #client: Client;
  readonly #opening: Opening;
  #socket: Socket | null = null;
  #fail: ((error: Error) => void) | null = null;
  #came = 0;
  #state: "opening" | "open" | "closed" = "opening";

  constructor(server: Server, client: Client, opening: Opening) {
    this.#server = server;
    this.#client = client;
    this.#opening = opening;
  }

  get alive(): boolean {
    return this.#state === "open" && this.#socket !== null && !this.#socket.destroyed;
  }

  async attempt(sample: Sample, signal: AbortSignal): Promise<Trial> {
    signal.throwIfAborted();
    this.#came = 0;
    const forget = onAbort(signal, () => this.#cut(stopped(signal, "no answer in the binary protocol")));
    try {
      return await new Promise<Trial>((resolve, reject) => {
        this.#fail = reject;
        this.#talk(sample).then(resolve, (error: unknown) => reject(this.#errorOf(error)));
        this.#watch();
      });
    } finally {
      forget();
      this.#fail = null;
    }
  }

  close(): void {
    this.#state = "closed";
    this.#fail = null;
    this.#socket?.destroy();
  }

  async #talk({ key, value, ttlSeconds }: Sample): Promise<Trial> {
    const refused = await saying(this.#client.set(key, Buffer.from(value), { expires: ttlSeconds }));
    const got = await this.#client.get(key);
    await this.#client.delete(key);
    const stats = await this.#stats();
    this.#state = "open";
    return { refused, found: got.value, trouble: null, stats };
  }

  #stats(): Promise<ReadonlyMap<string, string>> {
    return new Promise((resolve, reject) => {
      this.#client.stats((error, _server, stats) => {
        if (error !== null) reject(error);
        else resolve(new Map(Object.entries(stats ?? {}).map(([name, value]) => [name, String(value)])));
      });
    });
  }

  /** The library keeps its socket to itself, makes it with the first command, and does not tell that it closed. */
  #watch(): void {
    if (this.#socket !== null || !("_socket" in this.#server) || !(this.#server._socket instanceof Socket)) return;
    this.#socket = this.#server._socket;
    this.#socket.on("data", (chunk: Buffer) => this.#count(chunk));
    this.#socket.on("end", () => this.#ended());
    this.#socket.on("close", () => this.#ended());
  }

  /** The library keeps all that comes until it makes sense. */
  #count(chunk: Buffer): void {
    this.#came += chunk.length;
    // A full server says so in text, whatever was asked.
    const line = chunk.toString("latin1", 0, 100).split("\r\n", 1)[0] ?? "";
    if (/^ERROR Too many open connections/i.test(line)) this.#cut(new TurnedAway(line));
    else if (this.#came > MOST_BYTES) this.#cut(new Error(`more than ${MOST_BYTES} bytes came`));
  }

  /** The other end has closed. */
  #ended(): void {
    const wasAlive = this.#state === "open";
    this.#cut(new Error("connection closed without an answer"));
    if (wasAlive) this.#opening.dropped();
  }

  #cut(error: Error): void {
    const fail = this.#fail;
    this.close();
    fail?.(error);
  }

  /** A refused login comes as a mere string. */
  #errorOf(error: unknown): Error {
    if (error instanceof Error) return error;
    const text = String(error);
    if (!/authentication failed/i.test(text)) return new Error(text);
    const { login } = this.#opening;
    if (login === null) return new OwnFault("the server wants a login: set username and password (SASL)");
    return new OwnFault(`the server refuses the login of ${login.username} (SASL)`);
  }
}

/** Why the server did not store; a lost connection throws. */
async function saying(stored: Promise<boolean>): Promise<string | null> {
  try {
    return (await stored) ? null : "not stored";
  } catch (error) {
    const [, why] = /^MemJS SET: (.*)/.exec(describeError(error)) ?? [];
    if (why === undefined) throw error;
    return why;
  }
}
