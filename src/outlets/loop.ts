import type { Clock } from "../contract.ts";
import { backOff } from "../core/timing.ts";
import type { Ms } from "../core/types.ts";

/** Does an outlet's work: once for any number of marks, never twice at a time, again after a failure, always the newest state. */
export interface Loop {
  /** There is work to do. */
  mark(): void;
  /** Marks, and does not wait for a planned retry: what failed is known to be back. */
  hurry(): void;
  /** Marks at that time, unless something marks before. */
  markAt(due: Ms): void;
  /** No more work; resolves when the running one has ended, by itself within `graceMs` (default 0) or cut off. */
  stop(graceMs?: Ms): Promise<void>;
}

/** `work` reads the newest state itself and throws when it could not be told; `failed` hears why and when the next try is. */
export interface LoopOptions {
  readonly clock: Clock;
  readonly work: (signal: AbortSignal) => Promise<void>;
  readonly failed: (error: unknown, nextTryAt: Ms) => void;
  readonly firstRetryMs?: Ms;
  readonly longestRetryMs?: Ms;
  readonly random?: () => number;
}

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;

class OutletLoop implements Loop {
  readonly #options: LoopOptions;
  readonly #ended = new AbortController();
  #stopping = false;
  #marked = false;
  #retrying = false;
  #failures = 0;
  #running: Promise<void> | null = null;
  #cancelRetry = (): void => {};
  #cancelDue = (): void => {};

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  mark(): void {
    this.#marked = true;
    // News during an outage does not hurry the retry: what is written then is the newest anyway.
    if (this.#running === null && !this.#retrying && !this.#stopping) this.#begin();
  }

  hurry(): void {
    this.#cancelRetry();
    this.#retrying = false;
    this.#failures = 0;
    this.mark();
  }

  markAt(due: Ms): void {
    this.#cancelDue();
    if (this.#stopping) return;
    this.#cancelDue = this.#options.clock.at(due, () => this.mark());
  }

  async stop(graceMs: Ms = 0): Promise<void> {
    this.#stopping = true;
    this.#cancelRetry();
    this.#cancelDue();
    const { clock } = this.#options;
    const cancel = graceMs > 0 ? clock.at(clock.now() + graceMs, () => this.#ended.abort()) : null;
    if (cancel === null) this.#ended.abort();
    await this.#running;
    cancel?.();
    this.#ended.abort();
  }

  #begin(): void {
    this.#running = this.#run().finally(() => {
      this.#running = null;
      if (this.#marked) this.mark();
    });
  }

  async #run(): Promise<void> {
    while (this.#marked && !this.#stopping) {
      this.#marked = false;
      try {
        await this.#options.work(this.#ended.signal);
        this.#failures = 0;
      } catch (error) {
        if (this.#stopping) return;
        return this.#retryLater(error);
      }
    }
  }

  #retryLater(error: unknown): void {
    const {
      clock,
      failed,
      firstRetryMs = FIRST_RETRY_MS,
      longestRetryMs = LONGEST_RETRY_MS,
      random = Math.random,
    } = this.#options;
    const retryAt = clock.now() + backOff(this.#failures, firstRetryMs, longestRetryMs, random());
    this.#failures += 1;
    this.#retrying = true;
    this.#cancelRetry = clock.at(retryAt, () => {
      this.#retrying = false;
      this.mark();
    });
    failed(error, retryAt);
  }
}

/** Makes a loop at rest. */
export const createLoop = (options: LoopOptions): Loop => new OutletLoop(options);
