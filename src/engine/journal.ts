import type { Delivery, Entered, Journal, Log } from "../contract.ts";
import type { TargetId } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { Ring } from "./ring.ts";

const OBSERVATIONS = 50;
const CHANGES = 20;
const OTHERS = 20;
const GONE_KEPT = 200;

/** What is kept about one target. */
export interface Shelf {
  readonly observed: Ring<Entered>;
  readonly verdicts: Ring<Entered>;
  readonly others: Ring<Entered>;
}

type See = (entered: Entered) => void;

/** What happened lately: 50 observations, 20 verdict changes and 20 other entries of each target, and 20 of each pool. */
export class LiveJournal implements Journal {
  readonly #shelves = new Map<string, Map<string, Shelf>>();
  readonly #gone = new Set<TargetId>();
  readonly #followers = new Set<See>();
  readonly #log: Log;
  #lastId: number;

  /** Ids go on from `firstId`: a wall time in microseconds, so that they grow across restarts too. */
  constructor(firstId: number, log: Log) {
    this.#lastId = Math.floor(firstId);
    this.#log = log;
  }

  /** Writes one line about a target, or with `target` empty about the pool. */
  enter(pool: string, target: string, what: Entered["what"]): void {
    this.write(pool, this.shelf(pool, target), what);
  }

  /** The same with the shelf at hand: this is done for every single observation. */
  write(pool: string, shelf: Shelf, what: Entered["what"]): void {
    this.#lastId += 1;
    const entered: Entered = { id: this.#lastId, pool, what };
    if ("kind" in what) {
      if (what.kind === "observed") shelf.observed.add(entered);
      else if (what.kind !== "woken") shelf.others.add(entered);
    } else if ("chain" in what) shelf.verdicts.add(entered);
    else shelf.others.add(entered);
    for (const see of this.#followers) this.#show(see, entered);
  }

  /** Writes what an outlet told under the target, or the pool, that it is about. */
  deliver(pool: string, delivery: Delivery): void {
    const prefix = `${pool}/`;
    this.enter(pool, delivery.about.startsWith(prefix) ? delivery.about.slice(prefix.length) : "", delivery);
  }

  about(id: TargetId): readonly Entered[] {
    const slash = id.indexOf("/");
    const shelf = this.#shelves.get(id.slice(0, slash))?.get(id.slice(slash + 1));
    return shelf === undefined ? [] : entriesOf(shelf).sort(byId);
  }

  follow(after: number | null, see: See, signal: AbortSignal): void {
    if (signal.aborted) return;
    const follower: See = (entered) => see(entered);
    if (after !== null) for (const entered of this.#since(after)) this.#show(follower, entered);
    this.#followers.add(follower);
    signal.addEventListener("abort", () => this.#followers.delete(follower), { once: true });
  }

  /** A target left its pool: its history is kept for a while, but not for ever. */
  left(id: TargetId): void {
    this.#gone.delete(id);
    this.#gone.add(id);
    for (const oldest of this.#gone) {
      if (this.#gone.size <= GONE_KEPT) return;
      this.#gone.delete(oldest);
      const slash = oldest.indexOf("/");
      this.#shelves.get(oldest.slice(0, slash))?.delete(oldest.slice(slash + 1));
    }
  }

  /** A target is in its pool (again). */
  came(id: TargetId): void {
    this.#gone.delete(id);
  }

  /** Forgets a pool that is configured no more. */
  remove(pool: string): void {
    this.#shelves.delete(pool);
  }

  /** Where what happens to a target is kept. */
  shelf(pool: string, target: string): Shelf {
    let shelves = this.#shelves.get(pool);
    if (shelves === undefined) {
      shelves = new Map();
      this.#shelves.set(pool, shelves);
    }
    let shelf = shelves.get(target);
    if (shelf === undefined) {
      shelf = { observed: new Ring(OBSERVATIONS), verdicts: new Ring(CHANGES), others: new Ring(OTHERS) };
      shelves.set(target, shelf);
    }
    return shelf;
  }

  #since(after: number): readonly Entered[] {
    const kept: Entered[] = [];
    for (const shelves of this.#shelves.values())
      for (const shelf of shelves.values())
        for (const entered of entriesOf(shelf)) if (entered.id > after) kept.push(entered);
    return kept.sort(byId);
  }

  #show(see: See, entered: Entered): void {
    try {
      see(entered);
    } catch (error) {
      this.#log("error", "a follower of the journal failed", { pool: entered.pool, error: describeError(error) });
    }
  }
}

const byId = (a: Entered, b: Entered): number => a.id - b.id;

const entriesOf = (shelf: Shelf): Entered[] => [
  ...shelf.observed.values(),
  ...shelf.verdicts.values(),
  ...shelf.others.values(),
];
