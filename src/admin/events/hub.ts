import type { ServerResponse } from "node:http";
import type { Entered, Journal } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";
import { isoAt } from "../times.ts";
import { eventOf, subjectOf, type Telling, wireOf } from "./event.ts";
import { EventStream, type Wish } from "./stream.ts";

/** What the events are made from. */
export interface HubGiven extends Telling {
  readonly journal: Journal;
  readonly version: string;
}

/** Counts for the metrics. */
export interface HubCounts {
  readonly clients: number;
  readonly dropped: number;
  readonly refused: number;
}

/** Clients at a time. */
export const MOST_CLIENTS = 512;
/** News are sent together: a burst is one write a client. */
const GATHER_MS: Ms = 50;
const BEAT_MS: Ms = 15_000;
/** A client that was away for longer reads the lists anew. */
const MOST_RESUMED = 2000;
const PIECE = 100;

/** Server-sent events of the journal for any number of clients; each event is written once for all who hear the same. */
export class EventHub {
  readonly #given: HubGiven;
  readonly #clients = new Set<EventStream>();
  #news: Entered[] = [];
  #cancelFlush: (() => void) | null = null;
  #cancelBeat: (() => void) | null = null;
  #following = new AbortController();
  #dropped = 0;
  #refused = 0;

  constructor(given: HubGiven) {
    this.#given = given;
  }

  get counts(): HubCounts {
    return { clients: this.#clients.size, dropped: this.#dropped, refused: this.#refused };
  }

  /** Whether there is room for one more client. */
  hasRoom(): boolean {
    if (this.#clients.size < MOST_CLIENTS) return true;
    this.#refused += 1;
    return false;
  }

  /** Takes a client; `after`: the last id it has seen. */
  add(response: ServerResponse, wish: Wish, after: number | null): void {
    this.#flush();
    const { clock } = this.#given;
    const stream = new EventStream(response, wish);
    const past = after === null ? [] : this.#past(after, wish);
    const resumed = after !== null && past.length <= MOST_RESUMED;
    stream.write(this.#hello(resumed), clock.now());
    const kept = past.slice(-MOST_RESUMED);
    for (let at = 0; at < kept.length; at += PIECE) {
      const piece = kept.slice(at, at + PIECE);
      stream.write(() => this.#bytes(piece), clock.now());
    }
    if (this.#clients.size === 0) this.#begin();
    this.#clients.add(stream);
    response.once("close", () => this.#gone(stream));
  }

  /** Ends all: the server stops. */
  end(): void {
    for (const stream of [...this.#clients]) {
      stream.end();
      this.#gone(stream);
    }
  }

  #begin(): void {
    const { journal } = this.#given;
    this.#following = new AbortController();
    journal.follow(null, (entered) => this.#heard(entered), this.#following.signal);
    this.#beat();
  }

  #gone(stream: EventStream): void {
    if (!this.#clients.delete(stream) || this.#clients.size > 0) return;
    this.#following.abort();
    this.#cancelBeat?.();
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    this.#news = [];
  }

  #drop(stream: EventStream): void {
    this.#dropped += 1;
    stream.drop();
    this.#gone(stream);
  }

  #heard(entered: Entered): void {
    this.#news.push(entered);
    const { clock } = this.#given;
    this.#cancelFlush ??= clock.at(clock.now() + GATHER_MS, () => this.#flush());
  }

  #flush(): void {
    this.#cancelFlush?.();
    this.#cancelFlush = null;
    const news = this.#news;
    this.#news = [];
    if (news.length === 0) return;
    const now = this.#given.clock.now();
    const made = new Map<string, Buffer>();
    for (const stream of [...this.#clients]) {
      const key = JSON.stringify(stream.wish);
      const bytes = made.get(key) ?? this.#bytes(news.filter((entered) => wanted(entered, stream.wish)));
      made.set(key, bytes);
      if (bytes.length > 0 && !stream.write(bytes, now)) this.#drop(stream);
    }
  }

  #beat(): void {
    const { clock } = this.#given;
    for (const stream of [...this.#clients]) if (!stream.beat(clock.now())) this.#drop(stream);
    this.#cancelBeat = clock.at(clock.now() + BEAT_MS, () => this.#beat());
  }

  #past(after: number, wish: Wish): readonly Entered[] {
    const found: Entered[] = [];
    const once = new AbortController();
    this.#given.journal.follow(after, (entered) => void (wanted(entered, wish) && found.push(entered)), once.signal);
    once.abort();
    return found;
  }

  #hello(resumed: boolean): Buffer {
    const { clock, version } = this.#given;
    const data = JSON.stringify({ version, now: isoAt(clock, clock.now()), resumed });
    return Buffer.from(`retry: 2000\nevent: hello\ndata: ${data}\n\n`);
  }

  #bytes(entries: readonly Entered[]): Buffer {
    const events = entries.map((entered) => eventOf(entered, this.#given));
    return Buffer.from(events.map((event) => (event === null ? "" : wireOf(event))).join(""));
  }
}

function wanted(entered: Entered, { pool, target, observations }: Wish): boolean {
  const { what } = entered;
  if (!observations && "kind" in what && what.kind === "observed") return false;
  if (pool !== null && entered.pool !== pool) return false;
  const subject = subjectOf(entered);
  return subject !== undefined && (target === null || subject === target);
}
