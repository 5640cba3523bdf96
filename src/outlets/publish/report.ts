import type { Delivery, OutletEnv } from "../../contract.ts";
import { describeError } from "../../errors.ts";

/** Tells deliveries of one outlet; a failure is logged when it begins and when it ends, not at each try. */
export interface Reporter {
  synced(about: string, told: string, shown: string | null): void;
  pending(about: string, told: string): void;
  failed(about: string, told: string, error: unknown): void;
  /** What failed works again; nothing when it did not fail. */
  recovered(about: string, told: string): void;
}

/** Makes the reporter of one outlet. */
export function reporter(env: OutletEnv, outlet: string): Reporter {
  const failing = new Map<string, string>();
  const tell = (
    state: Delivery["state"],
    about: string,
    told: string,
    shown: string | null,
    error: string | null,
  ): void => env.report({ outlet, about, state, at: env.clock.now(), told, shown, error });
  const synced: Reporter["synced"] = (about, told, shown) => {
    if (failing.delete(about)) env.log("info", `${outlet} of ${about}: told again`, { pool: env.pool });
    tell("synced", about, told, shown, null);
  };
  return {
    synced,
    recovered(about, told) {
      if (failing.has(about)) synced(about, told, null);
    },
    pending: (about, told) => tell("pending", about, told, null, null),
    failed(about, told, error) {
      const text = describeError(error);
      if (!failing.has(about)) env.log("warn", `${outlet} of ${about}: ${text}; trying on`, { pool: env.pool });
      failing.set(about, text);
      tell("failed", about, told, null, text);
    },
  };
}
