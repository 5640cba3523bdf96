import type { Clock, Probe } from "../contract.ts";
import type { Ms, Observation } from "../core/types.ts";
import { DeadlineError, LATE_MS } from "./deadline.ts";
import { failureSeen, isNameFailure, plainSeen, timeoutSeen } from "./failure.ts";
import type { LoopWatch } from "./loop-watch.ts";

/** What bounds a question. */
export interface Terms {
  readonly clock: Clock;
  readonly watch: LoopWatch;
  readonly timeoutMs: Ms;
  /** The target's name was resolved by an earlier question. */
  readonly resolved: boolean;
}

/** A question that was put to a probe. */
export interface Asked {
  /** Stops it: nothing is told any more, as a cancelled probe is no observation. */
  cancel(): void;
  /** The probe itself has come to an end; one that ignores its signal lasts on after its time was up. */
  readonly ended: boolean;
}

/** What came of a question; `named`: the target's name is known to resolve. */
export type Told = (seen: Observation, named: boolean) => void;

/** Asks a probe once; exactly one observation is told, at the deadline at the latest, whatever the probe does. */
export function observe(probe: Probe, terms: Terms, told: Told): Asked {
  const question = new Question(terms, told);
  question.put(probe);
  return question;
}

// A class and not closures: this is made for every single check.
class Question implements Asked {
  ended = false;
  readonly #terms: Terms;
  readonly #startedAt: Ms;
  readonly #controller = new AbortController();
  #told: Told | null;
  #expired: DeadlineError | null = null;
  #cancelTimer: () => void;

  constructor(terms: Terms, told: Told) {
    this.#terms = terms;
    this.#told = told;
    this.#startedAt = terms.clock.now();
    this.#cancelTimer = terms.clock.at(this.#startedAt + terms.timeoutMs, () => this.#expire());
    terms.watch.enter();
  }

  put(probe: Probe): void {
    try {
      probe.ask(this.#controller.signal).then(
        (seen) => this.#answered(seen),
        (error: unknown) => this.#failed(error),
      );
    } catch (error) {
      queueMicrotask(() => this.#failed(error)); // never told before observe() has returned
    }
  }

  cancel(): void {
    if (this.#told === null) return;
    this.#close();
    this.#controller.abort(new Error("stopped"));
  }

  #answered(seen: Observation): void {
    this.ended = true;
    if (this.#expired === null) this.#tell(plainSeen(seen), true);
    else this.#tell(this.#timeout(this.#expired, null), true);
  }

  #failed(error: unknown): void {
    this.ended = true;
    if (this.#expired !== null) this.#tell(this.#timeout(this.#expired, error), true);
    else this.#tell(failureSeen(error, this.#terms.resolved), !isNameFailure(error));
  }

  #expire(): void {
    const lateMs = this.#terms.clock.now() - this.#startedAt - this.#terms.timeoutMs;
    const deadline = new DeadlineError(this.#terms.timeoutMs, lateMs > LATE_MS);
    this.#expired = deadline;
    this.#controller.abort(deadline);
    // One turn of the loop for the probe to say how far it came; then its time is up for good.
    setImmediate(() => this.#tell(this.#timeout(deadline, null), false));
  }

  #timeout(deadline: DeadlineError, stage: unknown): Observation {
    const stalled = deadline.late || this.#terms.watch.stalledSince(this.#startedAt);
    return timeoutSeen(deadline, stage, stalled);
  }

  #tell(seen: Observation, named: boolean): void {
    const told = this.#told;
    if (told === null) return;
    this.#close();
    told(seen, named);
  }

  #close(): void {
    this.#told = null;
    this.#cancelTimer();
    this.#terms.watch.leave();
  }
}
