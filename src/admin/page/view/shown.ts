// What the page shows, as the server hands it to the browser: with the first drawing and with each refresh.
import type { PoolSummary, TargetAnswer, TargetSummary } from "../../answers.ts";

/** Worst first: out, not as it should be, nobody's fault or not known, well. */
export type Tone = "bad" | "fair" | "calm" | "good";

/** One pool with the targets that are worth a row. */
export interface Band {
  readonly pool: PoolSummary;
  /** In the order they are shown; null: the pool is well, one line says it. */
  readonly targets: readonly TargetSummary[] | null;
  /** Targets of the pool that have no row here. */
  readonly more: number;
}

/** Something that happened lately. */
export interface Moment {
  readonly at: string;
  readonly pool: string;
  readonly target: string | null;
  readonly tone: Tone;
  /** What it is now: `down`, `up 40%`, `order`. */
  readonly word: string;
  readonly text: string;
}

/** Which pools are asked for; null: all. */
export interface Scope {
  readonly group: string | null;
  readonly pool: string | null;
  /** Only targets whose name, address or reason hold this. */
  readonly find: string;
}

/** Pools with their targets, or one target, or why there is nothing to show. */
export type Shown =
  | {
      readonly kind: "pools";
      readonly now: string;
      readonly scope: Scope;
      readonly bands: readonly Band[];
      readonly lately: readonly Moment[];
    }
  | { readonly kind: "target"; readonly target: TargetAnswer }
  | { readonly kind: "locked" }
  | { readonly kind: "missing" };

/** What the script finds in the document, and gets with each refresh. */
export interface Given {
  readonly version: string;
  /** Whether there is a token at all: without one nothing can be ordered. */
  readonly mayOrder: boolean;
  readonly shown: Shown;
}
