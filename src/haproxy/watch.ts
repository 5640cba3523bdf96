import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import type { HaproxyClient, ProcessSeen } from "./client.ts";

/** What is known of the process behind a socket; `anew`: it lost whatever was said to it at run time, or was not known before. */
export type ProcessState =
  | { readonly process: ProcessSeen; readonly anew: boolean }
  | { readonly process: null; readonly error: string };

type See = (now: ProcessState) => void;

interface Watch {
  readonly seers: Set<See>;
  readonly ended: AbortController;
  last: ProcessState | null;
}

const watches = new WeakMap<Clock, Map<string, Watch>>();

/**
 * Looks at the process behind a socket again and again; tells when it answers (again), was replaced, or went away. All who
 * watch one socket share the looking, so that a hundred pools cost what one costs.
 */
export function watchProcess(client: HaproxyClient, clock: Clock, everyMs: Ms, signal: AbortSignal, see: See): void {
  if (signal.aborted) return;
  const shared = watches.get(clock) ?? new Map<string, Watch>();
  watches.set(clock, shared);
  const key = `${everyMs} ${client.address}`;
  const watch = shared.get(key) ?? begin(client, clock, everyMs);
  shared.set(key, watch);
  const seer: See = (now) => see(now);
  watch.seers.add(seer);
  if (watch.last !== null) see(watch.last.process === null ? watch.last : { ...watch.last, anew: true });
  signal.addEventListener(
    "abort",
    () => {
      watch.seers.delete(seer);
      if (watch.seers.size > 0) return;
      watch.ended.abort();
      if (shared.get(key) === watch) shared.delete(key);
    },
    { once: true },
  );
}

function begin(client: HaproxyClient, clock: Clock, everyMs: Ms): Watch {
  const watch: Watch = { seers: new Set(), ended: new AbortController(), last: null };
  const { signal } = watch.ended;
  let known: ProcessSeen | null = null;
  let cancel = (): void => {};
  const tell = (now: ProcessState): void => {
    watch.last = now;
    for (const see of watch.seers) see(now);
  };
  const look = async (): Promise<void> => {
    try {
      const process = await client.info(signal);
      // A container's HAProxy may get the same pid again: an uptime that went back says so.
      const anew = known === null || process.pid !== known.pid || process.uptimeSeconds < known.uptimeSeconds;
      known = process;
      if (anew || watch.last?.process === null) tell({ process, anew });
    } catch (error) {
      if (signal.aborted) return;
      if (watch.last?.process !== null || watch.last === null) tell({ process: null, error: describeError(error) });
    }
    if (!signal.aborted) cancel = clock.at(clock.now() + everyMs, () => void look());
  };
  signal.addEventListener("abort", () => cancel(), { once: true });
  void look();
  return watch;
}
