import type { Clock, Log } from "../contract.ts";
import type { Ms } from "../core/types.ts";

const QUIET_MS: Ms = 60_000;
const MOST_TEXTS = 100;

/**
 * An error that nobody caught, as of a plug-in or in a library's socket, is logged, each at most once a minute. The daemon
 * goes on: every probe has its deadline, and ending would leave HAProxy without any answer.
 */
export function surviveStrayErrors(log: Log, clock: Clock): { end(): void } {
  const quiet = new Map<string, Ms>();
  const stray = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const now = clock.now();
    if ((quiet.get(text) ?? 0) > now) return;
    if (quiet.size >= MOST_TEXTS) quiet.clear();
    quiet.set(text, now + QUIET_MS);
    log("error", `internal: an error that nobody caught: ${text}`);
  };
  process.on("uncaughtException", stray);
  process.on("unhandledRejection", stray);
  return {
    end() {
      process.off("uncaughtException", stray);
      process.off("unhandledRejection", stray);
    },
  };
}
