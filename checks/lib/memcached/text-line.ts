import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { OwnFault } from "../../../src/index.ts";
import { onAbort, stopped } from "../abort.ts";
import { quoted } from "../reason.ts";
import { type Cache, type Login, type OpenCache, type Opening, type Sample, type Trial, TurnedAway } from "./cache.ts";
import { type Dialogue, loginRequest } from "./dialogue.ts";
import { isReply, type Kind, type Reply, readReplies } from "./replies.ts";

/** No honest answer is longer than the value and this. */
const MOST_BYTES = 256 * 1024;

/** Opens connections that speak the text protocol, classic or meta. */
export const openText =
  (dialogue: Dialogue): OpenCache =>
  async (opening, signal) => {
    const line = new TextLine(opening, dialogue);
    await line.open(signal, opening);
    return line;
  };

interface Waiting {
  readonly kinds: readonly Kind[];
  readonly most: number;
  readonly resolve: (replies: Reply[]) => void;
  readonly reject: (error: Error) => void;
}

class TextLine implements Cache {
  readonly #socket: Socket;
  readonly #dialogue: Dialogue;
  readonly #login: Login | null;
  readonly #dropped: () => void;
  #got: Buffer = Buffer.alloc(0);
  #waiting: Waiting | null = null;
  #failure: Error | null = null;
  #stage = "no connection";
  #state: "opening" | "open" | "closed" = "opening";

  constructor(opening: Opening, dialogue: Dialogue) {
    const { host, port, lookup, tls } = opening;
    const to = { host, port, lookup };
    this.#dialogue = dialogue;
    this.#login = opening.login;
    this.#dropped = opening.dropped;
    this.#socket = tls === null ? connect(to) : connectTls({ ...to, ...tls });
    this.#socket.setNoDelay(true);
    this.#socket.on("connect", () => {
      this.#stage = tls === null ? "connected, but no answer" : "connected, but no TLS handshake";
    });
    this.#socket.on("secureConnect", () => {
      this.#stage = "TLS is up, but no answer";
    });
    this.#socket.on("data", (chunk: Buffer) => this.#take(chunk));
    this.#socket.on("error", (error) => this.#ended(error));
    this.#socket.on("end", () => this.#ended(null));
    this.#socket.on("close", () => this.#ended(null));
  }

  get alive(): boolean {
    return this.#state === "open" && this.#failure === null;
  }

  async open(signal: AbortSignal, { login, key }: Opening): Promise<void> {
    if (login !== null) {
      const request = loginRequest(key, login.username, login.password.reveal());
      const [answer] = await this.#exchange(request, ["line"], signal);
      if (answer?.line !== "STORED") throw new Error(`the login was answered with ${quoted(answer?.line ?? "")}`);
    }
    this.#state = "open";
  }

  async attempt(sample: Sample, signal: AbortSignal): Promise<Trial> {
    const { kinds, request, trial } = this.#dialogue;
    return trial(await this.#exchange(request(sample), kinds, signal, sample.value.length));
  }

  close(): void {
    this.#state = "closed";
    this.#socket.destroy();
  }

  async #exchange(request: Buffer, kinds: readonly Kind[], signal: AbortSignal, extra = 0): Promise<Reply[]> {
    signal.throwIfAborted();
    const forget = onAbort(signal, () => {
      this.#fail(stopped(signal, this.#stage));
    });
    try {
      return await new Promise<Reply[]>((resolve, reject) => {
        if (this.#failure !== null) reject(this.#failure);
        this.#got = Buffer.alloc(0);
        this.#waiting = { kinds, most: extra + MOST_BYTES, resolve, reject };
        this.#socket.write(request);
      });
    } finally {
      forget();
      this.#waiting = null;
    }
  }

  #take(chunk: Buffer): void {
    this.#got = this.#got.length === 0 ? chunk : Buffer.concat([this.#got, chunk]);
    const waiting = this.#waiting;
    if (waiting === null) return;
    const line = this.#firstLine();
    const turnedAway = this.#atDoor();
    const replies = readReplies(waiting.kinds, this.#got);
    if (turnedAway !== null) this.#fail(turnedAway);
    else if (!isReply(line)) this.#fail(new Error(`the answer is not of memcached's protocol: ${quoted(line)}`));
    else if (replies !== null) waiting.resolve(replies);
    else if (this.#got.length > waiting.most) this.#fail(new Error(`more than ${waiting.most} bytes came`));
  }

  /** The other end has closed. */
  #ended(error: Error | null): void {
    const wasAlive = this.alive;
    this.#fail(this.#atDoor() ?? error ?? new Error(this.#closedWith()));
    if (wasAlive) this.#dropped();
  }

  #fail(error: Error): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    this.#socket.destroy();
    this.#waiting?.reject(error);
  }

  /** A server that is full, or wants a login, says so in one line, whatever was asked, and answers no more. */
  #atDoor(): Error | null {
    const line = this.#firstLine();
    if (/^ERROR Too many open connections/i.test(line)) return new TurnedAway(line);
    if (!/^CLIENT_ERROR (unauthenticated|authentication)/i.test(line)) return null;
    if (this.#login === null) return new OwnFault(`the server wants a login: set username and password (${line})`);
    return new OwnFault(`the server refuses the login of ${this.#login.username} (${line})`);
  }

  #closedWith(): string {
    const line = this.#firstLine();
    return line === "" ? "connection closed without an answer" : `connection closed after ${quoted(line)}`;
  }

  /** The first line that came; empty while it is not complete. */
  #firstLine(): string {
    const end = this.#got.indexOf("\r\n");
    return end < 0 ? "" : this.#got.toString("latin1", 0, Math.min(end, 100));
  }
}
