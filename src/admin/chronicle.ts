import type { Clock, Delivery, Entered, Journal } from "../contract.ts";
import type { Ms } from "../core/types.ts";

/** Deliveries by what they are about: `pool/target`, or in a pool's words. */
type ByOutlet = Map<string, Delivery>;

const GONE_MS: Ms = 10 * 60_000;
const MOST_SUBJECTS = 20_000;

/** What the journal does not keep for itself: when a verdict or an alarm came, and the last delivery of each outlet. */
export class Chronicle {
  readonly #clock: Clock;
  readonly #came = new WeakMap<Entered, Ms>();
  readonly #pools = new Map<string, Map<string, ByOutlet>>();
  readonly #unsynced = new Map<string, Ms>();
  #subjects = 0;

  constructor(journal: Journal, clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    journal.follow(null, (entered) => this.#see(entered), signal);
  }

  /** When something was entered; null when that was before we looked. */
  cameAt(entered: Entered): Ms | null {
    const { what } = entered;
    if ("at" in what) return what.at;
    return this.#came.get(entered) ?? null;
  }

  /** The last delivery of each outlet about a target, or with `about` null about the pool as a whole. */
  deliveries(pool: string, about: string | null): readonly Delivery[] {
    const subjects = this.#pools.get(pool);
    if (subjects === undefined) return [];
    if (about !== null) return [...(subjects.get(about)?.values() ?? [])];
    const own = [...subjects].filter(([subject]) => !subject.startsWith(`${pool}/`));
    return own.flatMap(([, byOutlet]) => [...byOutlet.values()]);
  }

  /** Since when this has not been shown as told; null when it is. */
  unsyncedSince(pool: string, { about, outlet }: Delivery): Ms | null {
    return this.#unsynced.get(keyOf(pool, about, outlet)) ?? null;
  }

  /** The last deliveries of all, with their pools. */
  *all(): Iterable<readonly [string, Delivery]> {
    for (const [pool, subjects] of this.#pools)
      for (const byOutlet of subjects.values()) for (const delivery of byOutlet.values()) yield [pool, delivery];
  }

  /** A pool is configured no more. */
  ended(pool: string): void {
    for (const about of this.#pools.get(pool)?.keys() ?? []) this.#forget(pool, about);
    this.#pools.delete(pool);
  }

  /** Forgets what was told of targets that are gone: those that `knows` does not name, some time after the last word. */
  sweep(knows: (id: string) => boolean): void {
    const before = this.#clock.now() - GONE_MS;
    for (const [pool, subjects] of this.#pools)
      for (const [about, byOutlet] of subjects) {
        if (!about.startsWith(`${pool}/`) || knows(about)) continue;
        if ([...byOutlet.values()].some(({ at }) => at > before)) continue;
        this.#forget(pool, about);
      }
  }

  #forget(pool: string, about: string): void {
    const subjects = this.#pools.get(pool);
    for (const outlet of subjects?.get(about)?.keys() ?? []) this.#unsynced.delete(keyOf(pool, about, outlet));
    if (subjects?.delete(about) === true) this.#subjects -= 1;
  }

  #see(entered: Entered): void {
    const { what, pool } = entered;
    if ("kind" in what) return;
    if ("outlet" in what) this.#told(pool, what);
    else this.#came.set(entered, this.#clock.now());
  }

  #told(pool: string, delivery: Delivery): void {
    const subjects = this.#pools.get(pool) ?? new Map<string, ByOutlet>();
    this.#pools.set(pool, subjects);
    const known = subjects.get(delivery.about);
    if (known === undefined && this.#subjects >= MOST_SUBJECTS) return;
    if (known === undefined) this.#subjects += 1;
    subjects.set(delivery.about, (known ?? new Map()).set(delivery.outlet, delivery));
    const key = keyOf(pool, delivery.about, delivery.outlet);
    if (delivery.state === "synced") this.#unsynced.delete(key);
    else if (!this.#unsynced.has(key)) this.#unsynced.set(key, delivery.at);
  }
}

const keyOf = (pool: string, about: string, outlet: string): string => JSON.stringify([pool, about, outlet]);
