import type { ServerResponse } from "node:http";
import type { Ms } from "../../core/types.ts";

/** What a client wants to hear. */
export interface Wish {
  readonly pool: string | null;
  readonly target: string | null;
  readonly observations: boolean;
}

/** Bytes, or what makes them when it is their turn: a long past must not lie in memory once a client. */
export type Chunk = Buffer | (() => Buffer);

/** A client that reads slower than this much comes in is let go; it may resume by id. */
export const MOST_WAITING_BYTES = 1 << 20;
/** One that takes nothing for so long is gone. */
const STUCK_MS: Ms = 30_000;

/** One client of the events: bytes are handed over as fast as it takes them, and no faster. */
export class EventStream {
  readonly wish: Wish;
  readonly #response: ServerResponse;
  readonly #waiting: Chunk[] = [];
  #waitingBytes = 0;
  #blockedSince: Ms | null = null;

  constructor(response: ServerResponse, wish: Wish) {
    this.#response = response;
    this.wish = wish;
    response.on("drain", () => this.#pump(null));
  }

  /** Hands bytes over, or keeps them until the client takes more; false: it is too slow. */
  write(chunk: Chunk, now: Ms): boolean {
    this.#waiting.push(chunk);
    if (Buffer.isBuffer(chunk)) this.#waitingBytes += chunk.length;
    this.#pump(now);
    return this.#waitingBytes <= MOST_WAITING_BYTES;
  }

  /** A sign of life, unless bytes wait anyway; false: the client is stuck. */
  beat(now: Ms): boolean {
    if (this.#blockedSince !== null) return now - this.#blockedSince < STUCK_MS;
    return this.write(BEAT, now);
  }

  /** Ends in good order: the client comes back by itself. */
  end(): void {
    this.#response.end();
  }

  /** Lets go of a client that does not read. */
  drop(): void {
    this.#response.destroy();
  }

  #pump(now: Ms | null): void {
    if (now === null) this.#blockedSince = null;
    while (this.#waiting.length > 0 && !this.#response.writableNeedDrain && !this.#response.destroyed) {
      const chunk = this.#waiting.shift();
      if (chunk === undefined) return;
      if (Buffer.isBuffer(chunk)) this.#waitingBytes -= chunk.length;
      this.#response.write(Buffer.isBuffer(chunk) ? chunk : chunk());
    }
    if (now !== null && this.#response.writableNeedDrain) this.#blockedSince ??= now;
  }
}

const BEAT = Buffer.from(":\n\n");
