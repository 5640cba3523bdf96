import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import type { HaproxyClient, ProcessSeen } from "./client.ts";
import { sameState } from "./same-state.ts";

/**
 * What is known of HAProxy behind a socket. `anew`: it lost whatever was said to it at run time, or was not known before.
 * "moved": its `show servers state` is not what it was two seconds ago, by whomever.
 */
export type HaproxyNews =
  | { readonly kind: "answers"; readonly process: ProcessSeen; readonly anew: boolean }
  | { readonly kind: "silent"; readonly error: string }
  | { readonly kind: "moved" };

type See = (news: HaproxyNews) => void;

interface Watch {
  readonly seers: Set<See>;
  readonly ended: AbortController;
  last: Exclude<HaproxyNews, { readonly kind: "moved" }> | null;
}

/** The table costs many times what `show info` costs. */
const TABLE_MS: Ms = 2000;

const watches = new WeakMap<Clock, Map<string, Watch>>();

/**
 * Looks at the process behind a socket again and again; tells when it answers (again), was replaced, went away, or when its
 * servers are no longer as they were. All who watch one socket share the looking, so that a hundred pools cost what one costs.
 */
export function watchProcess(client: HaproxyClient, clock: Clock, everyMs: Ms, signal: AbortSignal, see: See): void {
  if (signal.aborted) return;
  const shared = watches.get(clock) ?? new Map<string, Watch>();
  watches.set(clock, shared);
  const key = `${everyMs} ${client.address}`;
  const watch = shared.get(key) ?? begin(client, clock, everyMs);
  shared.set(key, watch);
  const seer: See = (news) => see(news);
  watch.seers.add(seer);
  if (watch.last !== null) see(watch.last.kind === "silent" ? watch.last : { ...watch.last, anew: true });
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
  const table = new TableWatch(client, clock);
  let known: ProcessSeen | null = null;
  let cancel = (): void => {};
  const tell = (news: HaproxyNews): void => {
    if (news.kind !== "moved") watch.last = news;
    for (const see of watch.seers) see(news);
  };
  const look = async (): Promise<void> => {
    try {
      const { process, moved } = await table.look(signal);
      // A container's HAProxy may get the same pid again: an uptime that went back says so.
      const anew = known === null || process.pid !== known.pid || process.uptimeSeconds < known.uptimeSeconds;
      known = process;
      if (anew || watch.last?.kind === "silent") tell({ kind: "answers", process, anew });
      else if (moved) tell({ kind: "moved" });
    } catch (error) {
      if (signal.aborted) return;
      if (watch.last?.kind !== "silent") tell({ kind: "silent", error: describeError(error) });
    }
    if (!signal.aborted) cancel = clock.at(clock.now() + everyMs, () => void look());
  };
  signal.addEventListener("abort", () => cancel(), { once: true });
  void look();
  return watch;
}

/** Asks for the process, and now and then for all servers too. */
class TableWatch {
  readonly #client: HaproxyClient;
  readonly #clock: Clock;
  #state = "";
  #dueAt: Ms = Number.NEGATIVE_INFINITY;

  constructor(client: HaproxyClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  async look(signal: AbortSignal): Promise<{ readonly process: ProcessSeen; readonly moved: boolean }> {
    const now = this.#clock.now();
    if (now < this.#dueAt) return { process: await this.#client.info(signal), moved: false };
    const { process, state } = await this.#client.snapshot(signal);
    const moved = !sameState(this.#state, state);
    this.#state = state;
    this.#dueAt = now + TABLE_MS;
    return { process, moved };
  }
}
