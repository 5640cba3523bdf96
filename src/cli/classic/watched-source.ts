import type { Plugins, SourceKind } from "../../contract.ts";
import { DeadlineError } from "../../engine/deadline.ts";
import { describeError } from "../../errors.ts";
import type { Listing } from "./seen.ts";

/** What is told of the lists of one kind of source. */
export interface ListWatch {
  /** The last list of a pool's source: being asked for, answered, failed. */
  listed(pool: string, listing: Listing): void;
  /** The source exists; `ask` has it asked soon. */
  made(pool: string, ask: () => void): void;
}

/** A kind of source that tells how its lists go. */
function watchedSource(kind: SourceKind, watch: ListWatch): SourceKind {
  return {
    ...kind,
    create(options, env) {
      const source = kind.create(options, env);
      const { pool } = env;
      watch.made(pool, () => env.hint("no healthy server is known"));
      return {
        everyMs: source.everyMs,
        close: () => source.close(),
        async list(signal) {
          try {
            const membership = await source.list(signal);
            watch.listed(pool, { state: "answered" });
            return membership;
          } catch (error) {
            // Who is told to stop has not failed.
            const stopped = signal.aborted && !(signal.reason instanceof DeadlineError);
            if (!stopped) watch.listed(pool, { state: "failed", why: describeError(error) });
            throw error;
          }
        },
      };
    },
  };
}

/** The same plug-ins, with one kind of source watched. */
export function watchSource(plugins: Plugins, name: string, watch: ListWatch): Plugins {
  const sources = new Map(
    [...plugins.sources].map(([each, kind]) => [each, each === name ? watchedSource(kind, watch) : kind]),
  );
  return { ...plugins, sources };
}
