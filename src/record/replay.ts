// Runs a record through the pure core: with the settings it was made with, or with others.
import { createPool } from "../core/pool.ts";
import type { Input, Ms, Policy, Pool, PoolPolicy, PoolView } from "../core/types.ts";
import { essence, type RecordLine, type VerdictLine } from "./line.ts";

/** Settings of a pool that take the place of the recorded ones. */
export interface OtherSettings {
  readonly policy: PoolPolicy;
  readonly checks: readonly Policy[];
}

/** A verdict that a replay came to. */
export interface Replayed {
  readonly pool: string;
  readonly target: string;
  readonly at: Ms;
  readonly verdict: VerdictLine["verdict"];
}

/** What a replay is told as it goes. */
export interface ReplayHooks {
  /** A verdict changed in the replay. */
  replayed(change: Replayed): void;
  /** A verdict changed when it was recorded. */
  happened(change: Replayed): void;
}

interface Running {
  readonly pool: Pool;
  view: PoolView;
  wakeAt: Ms | null;
  readonly last: Map<string, string>;
}

/** Takes the lines of a record one after the other. */
export class Replay {
  readonly #pools = new Map<string, Running>();
  readonly #others: ReadonlyMap<string, OtherSettings> | null;
  readonly #hooks: ReplayHooks;
  #inputs = 0;

  /** `others` null: exactly what happened; else these settings, where a pool has any. */
  constructor(others: ReadonlyMap<string, OtherSettings> | null, hooks: ReplayHooks) {
    this.#others = others;
    this.#hooks = hooks;
  }

  get inputs(): number {
    return this.#inputs;
  }

  take(line: RecordLine): void {
    if ("began" in line) this.#begin(line.pool, line.began);
    else if ("verdict" in line)
      this.#hooks.happened({ pool: line.pool, target: line.target, at: line.at, verdict: line.verdict });
    else {
      this.#inputs += 1;
      const running = this.#pools.get(line.pool) ?? this.#begin(line.pool, { group: null, memory: null });
      this.#apply(line.pool, running, line.input);
    }
  }

  #begin(
    name: string,
    { group, memory }: { readonly group: string | null; readonly memory: PoolView["memory"] | null },
  ): Running {
    const known = this.#pools.get(name);
    // The head of a rotated file says again what the file before it ended with.
    if (known !== undefined && memory !== null && known.view.settled) return known;
    const pool = createPool({ pool: name, group, memory });
    const view = pool.apply({ kind: "woken", at: 0 }).view;
    const running: Running = { pool, view, wakeAt: null, last: new Map() };
    this.#pools.set(name, running);
    return running;
  }

  #apply(name: string, running: Running, input: Input): void {
    const other = this.#others?.get(name);
    if (this.#others !== null) {
      // Other settings wake at other times: the recorded wake-ups are theirs, these are ours.
      if (input.kind === "woken") return;
      while (running.wakeAt !== null && running.wakeAt < input.at) {
        const at = running.wakeAt;
        this.#fold(name, running, { kind: "woken", at });
        if (running.wakeAt === at) running.wakeAt = null;
      }
    }
    const changed: Input = input.kind === "configured" && other !== undefined ? { ...input, ...other } : input;
    this.#fold(name, running, changed);
  }

  #fold(name: string, running: Running, input: Input): void {
    const { view, changed, wakeAt } = running.pool.apply(input);
    running.view = view;
    running.wakeAt = wakeAt;
    for (const target of changed) {
      const verdict = essence(view.rows.get(target)?.verdict ?? null);
      const words = JSON.stringify(verdict);
      if (running.last.get(target) === words) continue;
      running.last.set(target, words);
      this.#hooks.replayed({ pool: name, target, at: input.at, verdict });
    }
  }
}
