import type { Clock, Log, Membership, Source } from "../contract.ts";
import { backOff } from "../core/timing.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { withDeadline } from "./deadline.ts";

/** What a source runner works with. */
export interface SourceGiven {
  readonly clock: Clock;
  readonly log: Log;
  /** For the log: pool and kind. */
  readonly name: string;
  /** The source answered. */
  listed(membership: Membership): void;
  /** It did not, for the first time since it last answered. */
  failed(why: string): void;
}

const LIST_MS: Ms = 10_000;
const CLOSE_MS: Ms = 1000;
const FIRST_RETRY_MS: Ms = 500;
const LONGEST_RETRY_MS: Ms = 10_000;
const HINT_GAP_MS: Ms = 100;

/** Asks one source for its list: at once, when it hints, when its time comes; after a failure with back-off, for ever. */
export class SourceRunner {
  readonly #given: SourceGiven;
  readonly #source: Source;
  #running: AbortController | null = null;
  #cancelTimer: (() => void) | null = null;
  #startedAt: Ms = Number.NEGATIVE_INFINITY;
  #hinted = false;
  #failures = 0;
  #begun = false;
  #closed = false;

  /** Makes the source, which is asked nothing before `start`; `make` is given the hint of this runner. */
  constructor(make: (hint: () => void) => Source, given: SourceGiven) {
    this.#given = given;
    this.#source = make(() => this.hint());
  }

  start(): void {
    this.#begun = true;
    this.#ask();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    this.#running?.abort(new Error("stopped"));
    try {
      await withDeadline(this.#given.clock, CLOSE_MS, new AbortController().signal, () => this.#source.close());
    } catch (error) {
      this.#given.log("warn", `${this.#given.name}: the source did not close`, { error: describeError(error) });
    }
  }

  /** Asks again soon. */
  hint(): void {
    this.#hinted = true;
    if (!this.#closed && this.#begun && this.#running === null)
      this.#plan(Math.max(this.#given.clock.now(), this.#startedAt + HINT_GAP_MS));
  }

  #plan(at: Ms): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#given.clock.at(at, () => this.#ask());
  }

  #ask(): void {
    if (this.#closed) return;
    this.#cancelTimer?.();
    this.#hinted = false;
    this.#startedAt = this.#given.clock.now();
    const running = new AbortController();
    this.#running = running;
    withDeadline(this.#given.clock, LIST_MS, running.signal, (signal) => this.#source.list(signal))
      .then(
        (membership) => this.#answered(membership),
        (error: unknown) => this.#failed(error),
      )
      .catch((error: unknown) => {
        this.#given.log("error", `${this.#given.name}: a list was lost`, { error: describeError(error) });
      })
      .finally(() => this.#done());
  }

  #answered(membership: Membership): void {
    if (this.#closed) return;
    if (this.#failures > 0) this.#given.log("info", `${this.#given.name}: answers again`, {});
    this.#failures = 0;
    this.#given.listed(membership);
  }

  #failed(error: unknown): void {
    if (this.#closed) return;
    this.#failures += 1;
    if (this.#failures > 1) return;
    this.#given.log("warn", `${this.#given.name}: no list, the last one stays`, { error: describeError(error) });
    this.#given.failed(describeError(error));
  }

  #done(): void {
    this.#running = null;
    if (this.#closed) return;
    const now = this.#given.clock.now();
    const { everyMs } = this.#source;
    if (this.#hinted) this.#plan(Math.max(now, this.#startedAt + HINT_GAP_MS));
    else if (this.#failures > 0) this.#plan(now + this.#retryMs());
    else if (everyMs !== null) this.#plan(Math.max(now, this.#startedAt + everyMs));
  }

  #retryMs(): Ms {
    const { everyMs } = this.#source;
    const most = Math.max(FIRST_RETRY_MS, Math.min(LONGEST_RETRY_MS, everyMs ?? LONGEST_RETRY_MS));
    return backOff(this.#failures - 1, FIRST_RETRY_MS, most, Math.random());
  }
}
