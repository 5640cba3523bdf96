import { setMaxListeners } from "node:events";
import type { Clock, Probe } from "../contract.ts";
import type { Ms, Observation } from "../core/types.ts";
import { DeadlineError, LATE_MS } from "./deadline.ts";
import { failureSeen, isNameFailure, plainSeen, timeoutSeen } from "./failure.ts";
import type { LoopWatch } from "./loop-watch.ts";

/** What came of a question. */
export type Told = (seen: Observation) => void;

/** So many questions share a signal at most. */
const USES = 8;

const nobody = (): void => {};

/**
 * Asks a probe: exactly one observation is told, at the deadline at the latest, whatever the probe does. Made once and
 * used again for every question of an inquiry that comes to its end, as this runs for every single check.
 */
export class Question {
  readonly #clock: Clock;
  readonly #watch: LoopWatch;
  readonly #told: Told;
  #controller: AbortController | null = null;
  #uses = 0;
  #timeoutMs: Ms = 0;
  #startedAt: Ms = 0;
  #open = false;
  #ended = true;
  #resolved = false;
  #expired: DeadlineError | null = null;
  #cancelTimer: () => void = nobody;

  constructor(clock: Clock, watch: LoopWatch, told: Told) {
    this.#clock = clock;
    this.#watch = watch;
    this.#told = told;
  }

  /** One for the same target that knows what this one learned; for when this one does not end. */
  next(): Question {
    const next = new Question(this.#clock, this.#watch, this.#told);
    next.#resolved = this.#resolved;
    return next;
  }

  /** It waits for an answer. */
  get open(): boolean {
    return this.#open;
  }

  /** The probe itself has come to an end; one that ignores its signal lasts on after its time was up. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Asks; only once the last question has ended. */
  put(probe: Probe, timeoutMs: Ms): void {
    this.#timeoutMs = timeoutMs;
    this.#startedAt = this.#clock.now();
    this.#open = true;
    this.#ended = false;
    this.#expired = null;
    if (this.#controller === null) {
      this.#controller = new AbortController();
      setMaxListeners(0, this.#controller.signal); // a plug-in may well leave one listener a question
      this.#uses = 0;
    }
    this.#cancelTimer = this.#clock.at(this.#startedAt + timeoutMs, this.#expire);
    this.#watch.enter();
    try {
      probe.ask(this.#controller.signal).then(this.#answered, this.#failed);
    } catch (error) {
      queueMicrotask(() => this.#failed(error)); // never told before put() has returned
    }
  }

  /** Stops it: nothing is told any more, as a cancelled probe is no observation. */
  cancel(): void {
    if (!this.#open) return;
    const controller = this.#controller;
    this.#close();
    this.#controller = null;
    controller?.abort(new Error("stopped"));
  }

  readonly #answered = (seen: Observation): void => {
    this.#ended = true;
    if (!this.#open) return;
    this.#resolved = true;
    this.#tell(this.#expired === null ? plainSeen(seen) : this.#timeout(this.#expired, null));
  };

  readonly #failed = (error: unknown): void => {
    this.#ended = true;
    if (!this.#open) return;
    const before = this.#resolved;
    this.#resolved ||= !isNameFailure(error);
    this.#tell(this.#expired === null ? failureSeen(error, before) : this.#timeout(this.#expired, error));
  };

  readonly #expire = (): void => {
    const lateMs = this.#clock.now() - this.#startedAt - this.#timeoutMs;
    const deadline = new DeadlineError(this.#timeoutMs, lateMs > LATE_MS);
    this.#expired = deadline;
    this.#controller?.abort(deadline);
    // One turn of the loop for the probe to say how far it came; then its time is up for good.
    setImmediate(() => {
      if (this.#open && this.#expired === deadline) this.#tell(this.#timeout(deadline, null));
    });
  };

  #timeout(deadline: DeadlineError, stage: unknown): Observation {
    const stalled = deadline.late || this.#watch.stalledSince(this.#startedAt);
    return timeoutSeen(deadline, stage, stalled);
  }

  #tell(seen: Observation): void {
    this.#close();
    this.#told(seen);
  }

  #close(): void {
    this.#open = false;
    this.#cancelTimer();
    this.#cancelTimer = nobody;
    this.#watch.leave();
    // A signal costs as much as all the rest, so a probe is given the same one again while it has not been aborted;
    // not for ever, as listeners that a plug-in forgets would gather on it.
    this.#uses += 1;
    if (this.#uses >= USES || this.#expired !== null) this.#controller = null;
  }
}
