import type { Ms } from "../core/types.ts";
import type { Replayed } from "./replay.ts";

/** A time in which a target took no traffic. */
export interface Outage {
  readonly from: Ms;
  /** null: it was still out at the end. */
  readonly to: Ms | null;
  readonly why: string;
}

/** Who was out, when, how long, why. */
export interface TargetOutages {
  readonly id: string;
  readonly outages: readonly Outage[];
  readonly outMs: Ms;
}

/** Collects outages from changes of verdicts, in their order. */
export class OutageBook {
  readonly #open = new Map<string, Outage>();
  readonly #closed = new Map<string, Outage[]>();

  note({ pool, target, at, verdict }: Replayed): void {
    const id = `${pool}/${target}`;
    if (!this.#closed.has(id)) this.#closed.set(id, []);
    const out = verdict !== null && (verdict.state === "down" || verdict.weight === 0);
    const open = this.#open.get(id);
    if (out && open === undefined) this.#open.set(id, { from: at, to: null, why: verdict.reason });
    if (!out && open !== undefined) {
      this.#closed.get(id)?.push({ ...open, to: at });
      this.#open.delete(id);
    }
  }

  /** All targets, those that were out longest first. */
  table(endAt: Ms): readonly TargetOutages[] {
    const rows = [...this.#closed].map(([id, closed]): TargetOutages => {
      const open = this.#open.get(id);
      const outages = open === undefined ? closed : [...closed, open];
      return { id, outages, outMs: outages.reduce((sum, { from, to }) => sum + ((to ?? endAt) - from), 0) };
    });
    return rows.sort((a, b) => b.outMs - a.outMs || (a.id < b.id ? -1 : 1));
  }
}
