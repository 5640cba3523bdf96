import type { Check, Clock, Log, Probe } from "../contract.ts";
import { nextDue } from "../core/timing.ts";
import type { Ms, Observation, Policy, Target, Trigger } from "../core/types.ts";
import { describeError } from "../errors.ts";
import type { Cron } from "./cron.ts";
import { withDeadline } from "./deadline.ts";
import { nothingSeen } from "./failure.ts";
import type { LoopWatch } from "./loop-watch.ts";
import { Question } from "./observe.ts";

/** A check of a pool as the engine holds it. */
export interface OpenCheck {
  readonly check: Check;
  readonly cron: Cron | null;
  /** The numbers may change while the check stays. */
  policy: Policy;
}

/** What an inquiry works with. */
export interface InquiryGiven {
  readonly clock: Clock;
  readonly watch: LoopWatch;
  readonly log: Log;
  /** For the log: pool/target. */
  readonly id: string;
  /** Takes what was seen into the pool; gives whether a change is being confirmed now. */
  observed(by: Trigger, tookMs: Ms, seen: Observation): boolean;
  /** It has come to rest: neither a probe runs nor a change is being confirmed. */
  calmed(): void;
}

/** Regular probes are put on this grid, so that many that are due share one turn of the loop. */
const GRID_MS: Ms = 100;
const CLOSE_MS: Ms = 1000;
/** A poll is overdue by this part of the interval before the timer asks instead. */
const PATIENCE = 8;
/** So many questions of one target may be left unended by a checker that ignores its signal. */
const MOST_UNENDED = 3;

/** Asks one check about one target again and again, never twice at once: who asks when. */
export class Inquiry {
  readonly #given: InquiryGiven;
  readonly #open: OpenCheck;
  readonly #target: Target;
  #probe: Probe | null = null;
  #question: Question;
  #by: Trigger = "timer";
  /** Questions to former probes whose time was up and that still have not ended. */
  readonly #unended = new Set<Question>();
  #cancelTimer: (() => void) | null = null;
  #plannedBy: Trigger = "timer";
  /** When the last regular probe was due, or another one started. */
  #dueAt: Ms;
  #nextDueAt: Ms;
  #startedAt: Ms = Number.NEGATIVE_INFINITY;
  #eventAt: Ms = Number.NEGATIVE_INFINITY;
  /** Polls ask lately, so the timer waits for the next one. */
  #polled = false;
  #hinted = false;
  #pending = false;
  #closed = false;

  constructor(given: InquiryGiven, open: OpenCheck, target: Target, firstAt: Ms) {
    this.#given = given;
    this.#open = open;
    this.#target = target;
    this.#question = new Question(given.clock, given.watch, (seen) => this.#seen(seen));
    this.#dueAt = firstAt;
    this.#nextDueAt = firstAt;
    this.#plan(firstAt, "timer");
  }

  /** Neither a probe runs nor a change is being confirmed. */
  get calm(): boolean {
    return this.#closed || (!this.#question.open && !this.#pending && this.#startedAt > 0);
  }

  /** A fresh look is wanted: joins the running probe, waits for the one that confirms, or asks now. */
  refresh(by: Trigger): void {
    if (this.#closed || this.#question.open || this.#pending) return;
    const { maxAgeMs, fastMs } = this.#open.policy;
    const enoughMs = by === "poll" ? maxAgeMs : Math.min(maxAgeMs, fastMs);
    if (this.#given.clock.now() - this.#startedAt >= enoughMs) this.#start(by);
    else if (by === "poll") this.#giveWay();
  }

  /** The numbers changed: the next due time too. */
  replan(): void {
    if (!this.#question.open && this.#startedAt > 0) this.#planNext();
  }

  /** Ends for good; a running probe is no observation. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#unplan();
    this.#question.cancel();
    await this.#discard();
  }

  /**
   * Somebody polls: the next poll is to find the row old, and ask. A timer that asks shortly before each poll would make
   * the polls answer from memory, and its interval would add to theirs.
   */
  #giveWay(): void {
    const { everyMs, maxAgeMs } = this.#open.policy;
    const enough = this.#nextDueAt - this.#given.clock.now() >= everyMs;
    if (enough || maxAgeMs >= everyMs || this.#open.cron !== null) return;
    this.#polled = true;
    this.#planNext();
  }

  #start(by: Trigger): void {
    this.#unplan();
    const now = this.#given.clock.now();
    if (by !== "timer") this.#dueAt = now; // whoever asked: the timer is the backstop for when nobody does
    this.#polled = by === "poll";
    this.#startedAt = now;
    if (by === "event") this.#eventAt = now;
    this.#by = by;
    const probe = this.#ready();
    if (typeof probe === "string") this.#seen(nothingSeen("unknown", probe));
    else this.#question.put(probe, this.#open.policy.timeoutMs);
  }

  #seen(seen: Observation): void {
    const tookMs = this.#given.clock.now() - this.#startedAt;
    try {
      this.#pending = this.#given.observed(this.#by, tookMs, seen);
    } catch (error) {
      this.#given.log("error", `${this.#given.id}: an observation was lost`, { error: describeError(error) });
    }
    if (this.#closed || this.#question.open) return;
    if (this.#hinted) this.#soon();
    else this.#planNext();
    if (this.calm) this.#given.calmed();
  }

  /** The probe to ask, or why there is none. */
  #ready(): Probe | string {
    if (!this.#question.ended) this.#replace();
    for (const question of this.#unended) if (question.ended) this.#unended.delete(question);
    if (this.#unended.size >= MOST_UNENDED) return `${MOST_UNENDED} earlier questions to it never ended`;
    try {
      this.#probe ??= this.#openProbe();
      return this.#probe;
    } catch (error) {
      return `cannot be probed: ${describeError(error)}`;
    }
  }

  /** A probe that does not end its question is not asked again: two answers of one probe must not mix. */
  #replace(): void {
    this.#unended.add(this.#question);
    this.#question = this.#question.next();
    void this.#discard();
  }

  #openProbe(): Probe {
    // A probe that was replaced may hint while it dies; it has nothing to say any more.
    const mine: { probe: Probe | null } = { probe: null };
    mine.probe = this.#open.check.open(this.#target, () => {
      if (mine.probe !== null && this.#probe === mine.probe) this.#hint();
    });
    return mine.probe;
  }

  #hint(): void {
    this.#hinted = true;
    if (!this.#closed && !this.#question.open) this.#soon();
  }

  /** Asks because of a hint, but not more often than at `fast`. */
  #soon(): void {
    const now = this.#given.clock.now();
    const at = this.#eventAt + this.#open.policy.fastMs;
    if (at > now) this.#plan(at, "event");
    else this.#event();
  }

  #event(): void {
    this.#hinted = false;
    this.#start("event");
  }

  #planNext(): void {
    const { policy, cron } = this.#open;
    const now = this.#given.clock.now();
    const cronAt = cron === null ? null : cron.next(this.#dueAt);
    // The poller comes again so long after its answer, and never quite on time.
    const waits = this.#polled && !this.#pending && cronAt === null;
    if (waits) this.#dueAt = now + policy.everyMs / PATIENCE;
    const plan = { dueAt: this.#dueAt, startedAt: this.#startedAt, pending: this.#pending, policy, now, cronAt };
    const due = nextDue(plan);
    // A confirmation leaves the grid as it is: the regular probes go on from where they were.
    this.#nextDueAt = this.#pending ? this.#dueAt : due;
    const coarse = !this.#pending && cron === null && policy.everyMs >= 10 * GRID_MS;
    this.#plan(coarse ? Math.ceil(due / GRID_MS) * GRID_MS : due, "timer");
  }

  #plan(at: Ms, by: Trigger): void {
    this.#unplan();
    this.#plannedBy = by;
    if (at === Number.POSITIVE_INFINITY) return;
    this.#cancelTimer = this.#given.clock.at(at, this.#fire);
  }

  readonly #fire = (): void => {
    this.#cancelTimer = null;
    if (this.#plannedBy === "event") {
      this.#event();
    } else {
      this.#dueAt = this.#nextDueAt;
      this.#start("timer");
    }
  };

  #unplan(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = null;
  }

  async #discard(): Promise<void> {
    const probe = this.#probe;
    this.#probe = null;
    if (probe === null) return;
    try {
      await withDeadline(this.#given.clock, CLOSE_MS, new AbortController().signal, () => probe.close());
    } catch (error) {
      this.#given.log("warn", `${this.#given.id}: a probe did not close`, { error: describeError(error) });
    }
  }
}
