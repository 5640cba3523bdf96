import type { Outcome } from "./outcome.ts";
import type { Entries } from "./source/fetch.ts";
import type { TransactionEnv } from "./transaction/env.ts";
import type { KeysMemory } from "./transaction/shrink-memory.ts";

/** What a round works with beside its resources. */
export interface RoundEnv extends TransactionEnv {
  /** Changes nothing and shows what would change. */
  readonly noop: boolean;
  readonly keepStageFile: boolean;
  readonly memory: KeysMemory;
  /** The newest keys below some paths. */
  entries(paths: readonly string[], signal: AbortSignal): Promise<Entries>;
  /** Takes the diff of a file that would change. */
  show(diff: string): void;
  /** Is told what became of each file. */
  told?(dest: string, outcome: Outcome): void;
}
