import type { Clock, Env, Log, Registry } from "../contract.ts";
import type { Input, Memory, Ms, PoolView, Target, Verdict } from "../core/types.ts";
import { describeError } from "../errors.ts";
import type { LiveBoard } from "./board.ts";
import type { FirstDue } from "./first-due.ts";
import type { LiveJournal } from "./journal.ts";
import type { LoopWatch } from "./loop-watch.ts";
import type { Store } from "./store.ts";

/** Is told what happens in the engine: metrics, the record for replay. It must be quick, and may not steer. */
export interface Observer {
  /** A pool begins with what was remembered of it; its first Input follows. */
  began?(pool: string, group: string | null, memory: Memory | null): void;
  /** An Input was taken: with `observed` a probe's duration, trigger and outcome. */
  took?(pool: string, input: Input): void;
  /** A verdict changed; null: there was none, or the target has left. */
  changed?(pool: string, target: string, was: Verdict | null, now: Verdict | null): void;
  /** A pool is configured no more. */
  ended?(pool: string): void;
  /** Our own process did not run for so long. */
  stalled?(ms: number): void;
}

/** What all pools of an engine share. */
export interface Inside {
  readonly clock: Clock;
  readonly log: Log;
  readonly watch: LoopWatch;
  readonly board: LiveBoard;
  readonly journal: LiveJournal;
  readonly store: Store;
  readonly observers: readonly Observer[];
  registry(name: string): Registry;
  readonly firstDue: FirstDue;
  /** Whether the target's address turned up in another pool since then; servers that pools share from the start do not count. */
  turnedUp(pool: string, target: Target, after: Ms): boolean;
  /** A pool has new targets: what other pools only hold may be among them. */
  grown(pool: string): void;
}

/** What plug-ins are given. */
export const envOf = ({ clock, log, registry }: Inside): Env => ({ clock, log, registry });

/** Tells all observers; one that fails stops nobody. */
export function tell(inside: Inside, say: (observer: Observer) => void): void {
  for (const observer of inside.observers) {
    try {
      say(observer);
    } catch (error) {
      inside.log("error", "an observer of the engine failed", { error: describeError(error) });
    }
  }
}

/** The target an Input is about; empty: the pool. */
export const subjectOf = (input: Input): string => ("target" in input ? input.target : "");

/** Whether those who follow the board must look: a view may be new and yet say the same. */
export const isNews = (was: PoolView, now: PoolView, changed: readonly string[], input: Input): boolean =>
  changed.length > 0 || was.settled !== now.settled || (input.kind !== "observed" && input.kind !== "woken");
