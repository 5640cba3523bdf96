// Lines of a record: one JSON object each, in the order things reached the pools.
import type { Input, Memory, Verdict } from "../core/types.ts";

/** A pool begins with what was remembered of it. */
export interface BeganLine {
  readonly pool: string;
  readonly began: { readonly group: string | null; readonly memory: Memory | null };
}

/** Something reached a pool. `carried`: repeated at the head of a new file, so that it can be replayed alone. */
export interface InputLine {
  readonly pool: string;
  readonly input: Input;
  readonly carried?: true;
}

/** What a verdict became: what happened, to compare a replay with. */
export interface VerdictLine {
  readonly pool: string;
  readonly target: string;
  readonly at: number;
  readonly verdict: Pick<Verdict, "state" | "weight" | "order" | "reason"> | null;
}

/** One line of a record. */
export type RecordLine = BeganLine | InputLine | VerdictLine;

/** The parts of a verdict that say what happened. */
export const essence = (verdict: Verdict | null): VerdictLine["verdict"] =>
  verdict === null
    ? null
    : { state: verdict.state, weight: verdict.weight, order: verdict.order, reason: verdict.reason };
