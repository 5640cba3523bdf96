import type { Clock } from "../../contract.ts";
import type { RenderLog } from "../log.ts";

/** What a transaction works with. */
export interface TransactionEnv {
  readonly clock: Clock;
  readonly log: RenderLog;
  /** No check and no reload: `-sync-only`. */
  readonly syncOnly: boolean;
  /** Fires when checkd stops: checks end at once. */
  readonly signal: AbortSignal;
  /** Fires a little later: a reload that has begun is let end in time. */
  readonly patience: AbortSignal;
}
