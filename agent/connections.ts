import type { Socket } from "node:net";
import type { Ms } from "../src/index.ts";
import { plainAddress } from "./allow.ts";
import type { Waiting } from "./polls.ts";
import type { Counts } from "./stats.ts";

/** Who may connect to one listener, and how many at once. The numbers are for all listeners together. */
export interface Admission {
  readonly allowed: (peer: string) => boolean;
  readonly maxConnections: number;
  readonly maxPerPeer: number;
  readonly timeoutMs: Ms;
  readonly over: "tcp" | "unix";
}

/** A connection that was let in. */
export interface Held {
  readonly peer: string;
  readonly by: Admission;
  /** It is destroyed when it is still there then. */
  dueAt: Ms;
  /** What it waits for; null: it has its answer, or needs none. */
  waiting: Pick<Waiting, "hurry" | "hungUp"> | null;
}

/** Why a connection was not let in. */
export type Refusal = "notAllowed" | "overLimit";

/** Name of all peers of a Unix socket. */
export const LOCAL_PEER = "local";

const SWEEP_MS: Ms = 500;
const now = (): Ms => performance.now();
// A peer that resets, or is gone before the answer, is normal: HAProxy ends each check that way.
const ignore = (): void => {};

/** All connections of the agent: counts them, ends those that are overdue. */
export class Connections {
  readonly #counts: Counts;
  readonly #refused: (why: Refusal, peer: string) => void;
  readonly #open = new Map<Socket, Held>();
  readonly #perPeer = new Map<string, number>();
  #sweeper: NodeJS.Timeout | null = null;

  constructor(counts: Counts, refused: (why: Refusal, peer: string) => void) {
    this.#counts = counts;
    this.#refused = refused;
  }

  /** Lets a connection in, or destroys it and gives null. */
  admit(socket: Socket, by: Admission): Held | null {
    socket.on("error", ignore);
    const peer = by.over === "unix" ? LOCAL_PEER : socket.remoteAddress;
    if (peer === undefined) return refuse(socket);
    const held: Held = { peer: plainAddress(peer), by, dueAt: now() + by.timeoutMs, waiting: null };
    const why = this.#whyNot(held);
    if (why !== null) {
      this.#counts[why]++;
      this.#refused(why, held.peer);
      return refuse(socket);
    }
    this.#add(socket, held);
    return held;
  }

  /** Hurries and then ends all connections of one listener. */
  endAll(by: Admission): void {
    for (const [socket, held] of this.#open) {
      if (held.by !== by) continue;
      held.waiting?.hurry();
      socket.destroySoon();
      held.dueAt = 0;
    }
  }

  #whyNot({ peer, by }: Held): Refusal | null {
    if (!(by.over === "unix" || by.allowed(peer))) return "notAllowed";
    if (this.#open.size >= by.maxConnections) return "overLimit";
    return (this.#perPeer.get(peer) ?? 0) >= by.maxPerPeer ? "overLimit" : null;
  }

  #add(socket: Socket, held: Held): void {
    this.#open.set(socket, held);
    this.#perPeer.set(held.peer, (this.#perPeer.get(held.peer) ?? 0) + 1);
    this.#counts.open++;
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    socket.on("close", () => this.#remove(socket, held));
  }

  #remove(socket: Socket, held: Held): void {
    this.#open.delete(socket);
    held.waiting?.hungUp();
    this.#counts.open--;
    const left = (this.#perPeer.get(held.peer) ?? 1) - 1;
    if (left > 0) this.#perPeer.set(held.peer, left);
    else this.#perPeer.delete(held.peer);
  }

  /** One timer for all: a timer of its own would cost a reply from memory a tenth of its time. */
  #sweep(): void {
    const at = now();
    for (const [socket, held] of this.#open) {
      if (at < held.dueAt) continue;
      this.#counts.timedOut++;
      socket.destroy();
    }
    if (this.#open.size > 0 || this.#sweeper === null) return;
    clearInterval(this.#sweeper);
    this.#sweeper = null;
  }
}

function refuse(socket: Socket): null {
  socket.destroy();
  return null;
}
