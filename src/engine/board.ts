import type { Board, Log } from "../contract.ts";
import type { PoolView, Row, TargetId } from "../core/types.ts";
import { describeError } from "../errors.ts";

type See = (view: PoolView) => void;

/** The last view of every pool; a pool is replaced as a whole, before anybody else runs. */
export class LiveBoard implements Board {
  readonly #views = new Map<string, PoolView>();
  readonly #followers = new Set<See>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  get(id: TargetId): Row | null {
    const slash = id.indexOf("/");
    return this.#views.get(id.slice(0, slash))?.rows.get(id.slice(slash + 1)) ?? null;
  }

  pool(name: string): PoolView | null {
    return this.#views.get(name) ?? null;
  }

  pools(): Iterable<PoolView> {
    return this.#views.values();
  }

  follow(see: See, signal: AbortSignal): void {
    if (signal.aborted) return;
    // Own identity: the same function may follow twice.
    const follower: See = (view) => see(view);
    this.#followers.add(follower);
    signal.addEventListener("abort", () => this.#followers.delete(follower), { once: true });
    for (const view of this.#views.values()) this.#show(follower, view);
  }

  /** Replaces a pool's view without telling those who follow: nothing that concerns them changed. */
  replace(view: PoolView): void {
    this.#views.set(view.pool, view);
  }

  /** Replaces a pool's view and tells everybody who follows. */
  post(view: PoolView): void {
    this.#views.set(view.pool, view);
    for (const follower of this.#followers) this.#show(follower, view);
  }

  /** Forgets a pool that is configured no more; those who follow see it empty once, and not settled: its end is no verdict on anybody. */
  remove(name: string): void {
    const last = this.#views.get(name);
    if (last === undefined) return;
    this.#views.delete(name);
    const empty = { ...last, revision: last.revision + 1, rows: new Map(), alarms: [], settled: false };
    for (const follower of this.#followers) this.#show(follower, empty);
  }

  #show(follower: See, view: PoolView): void {
    try {
      follower(view);
    } catch (error) {
      this.#log("error", "a follower of the board failed", { pool: view.pool, error: describeError(error) });
    }
  }
}
