import type { Board, Delivery, OutletEnv } from "../../contract.ts";
import type { PoolView } from "../../core/types.ts";

/** What one socket shows of one target. */
export interface Told {
  readonly state: Delivery["state"];
  /** What HAProxy was to be told: `down`, `up 40% in web3`. */
  readonly told: string;
  readonly shown: string | null;
  readonly error: string | null;
}

/** Collects what every socket of a pool shows of a target: a verdict is told when all of them show it. */
export class Tally {
  readonly #sockets = new Set<string>();
  readonly #episodes = new Map<string, string>();
  readonly #told = new Map<string, Map<string, Told>>();
  readonly #last = new Map<string, string>();

  /** One more socket that must show everything; gives its leave. */
  join(socket: string): () => void {
    this.#sockets.add(socket);
    return () => {
      this.#sockets.delete(socket);
      for (const bySocket of this.#told.values()) bySocket.delete(socket);
    };
  }

  /** Forgets what was shown of verdicts that are over: what a silent socket showed then says nothing of the new one. */
  see(view: PoolView): void {
    for (const [name, { verdict, target }] of view.rows) {
      const episode = `${verdict?.state} ${verdict?.since} ${verdict?.order} ${target.host}:${target.port}`;
      if (this.#episodes.get(name) === episode) continue;
      this.#episodes.set(name, episode);
      this.#told.delete(name);
      this.#last.delete(name);
    }
    for (const name of this.#episodes.keys()) if (!view.rows.has(name)) this.#forget(name);
  }

  /** Takes what one socket shows and reports what all do, when that is news. `view`: what the socket was told from. */
  tell(env: OutletEnv, socket: string, view: PoolView, target: string, told: Told): void {
    const verdict = view.rows.get(target)?.verdict;
    const current = env.board.pool(env.pool)?.rows.get(target)?.verdict;
    if (current === undefined || verdict?.since !== current?.since || verdict?.state !== current?.state) return;
    const bySocket = this.#told.get(target) ?? new Map<string, Told>();
    this.#told.set(target, bySocket.set(socket, told));
    const all = [...this.#sockets].map((each) => bySocket.get(each) ?? null);
    const joined = joinTold(all, told.told);
    const text = JSON.stringify(joined);
    if (this.#last.get(target) === text) return;
    this.#last.set(target, text);
    env.report({ outlet: "runtime", about: `${env.pool}/${target}`, at: env.clock.now(), ...joined });
  }

  #forget(name: string): void {
    this.#episodes.delete(name);
    this.#told.delete(name);
    this.#last.delete(name);
  }
}

function joinTold(all: readonly (Told | null)[], told: string): Told {
  const known = all.filter((each) => each !== null);
  const failed = known.find(({ state }) => state === "failed");
  const complete = known.length === all.length && known.every(({ state }) => state === "synced");
  const shown = [...new Set(known.map((each) => each.shown).filter((each) => each !== null))].join(", ");
  const error = failed?.error ?? known.find((each) => each.error !== null)?.error ?? null;
  const state = failed !== undefined ? "failed" : complete ? "synced" : "pending";
  return { state, told, shown: shown === "" ? null : shown, error };
}

const tallies = new WeakMap<Board, Map<string, Tally>>();

/** The one tally of a pool: all its runtime outlets must show a verdict before it counts as told. */
export function tallyOf({ board, pool }: Pick<OutletEnv, "board" | "pool">): Tally {
  const byPool = tallies.get(board) ?? new Map<string, Tally>();
  tallies.set(board, byPool);
  const tally = byPool.get(pool) ?? new Tally();
  byPool.set(pool, tally);
  return tally;
}
