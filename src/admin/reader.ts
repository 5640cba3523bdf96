import type { Settings } from "../config/settings.ts";
import type { Board, Clock, Journal } from "../contract.ts";
import { byName } from "../core/decide/round.ts";
import type { PoolView } from "../core/types.ts";
import type { PoolAnswer, PoolSummary, PoolsAnswer, TargetAnswer } from "./answers.ts";
import type { Chronicle } from "./chronicle.ts";
import { byUrgency, summaryOf, targetSummaryOf } from "./pool-answers.ts";
import { targetAnswerOf } from "./target-answer.ts";
import { isoAt } from "./times.ts";

/** What the reader reads from. */
export interface ReaderGiven {
  readonly board: Board;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly chronicle: Chronicle;
  /** The newest settings in force. */
  settings(): Settings;
}

/** One piece of a long list: what comes after this name, so many at most. */
export interface Piece {
  readonly after: string | null;
  readonly limit: number;
}

/** Makes the answers of the API, for itself and for the page. */
export class Reader {
  readonly #given: ReaderGiven;

  constructor(given: ReaderGiven) {
    this.#given = given;
  }

  /** All pools, unhealthy ones first. */
  summaries(): readonly PoolSummary[] {
    return [...this.#given.board.pools()].map(summaryOf).sort(byUrgency);
  }

  /** Pools in the order of their names, so that a list can be read in pieces while pools change. */
  pools({ after, limit }: Piece): PoolsAnswer {
    const views = [...this.#given.board.pools()].sort((a, b) => byName(a.pool, b.pool));
    const { piece, next } = cut(views, (view) => view.pool, { after, limit });
    return { now: this.#now(), pools: piece.map(summaryOf), next };
  }

  /** A pool with its targets by name; null: there is none. */
  pool(name: string, { after, limit }: Piece): PoolAnswer | null {
    const { board, journal, clock } = this.#given;
    const view = board.pool(name);
    if (view === null) return null;
    const rows = [...view.rows.values()].sort((a, b) => byName(a.target.name, b.target.name));
    const { piece, next } = cut(rows, (row) => row.target.name, { after, limit });
    const targets = piece.map((row) => targetSummaryOf(view, row, journal.about(`${name}/${row.target.name}`), clock));
    return { now: this.#now(), pool: summaryOf(view), targets, next };
  }

  /** Everything about a target; null: there is none. */
  target(pool: string, name: string): TargetAnswer | null {
    const { board, journal, clock, chronicle } = this.#given;
    const view = board.pool(pool);
    const row = view?.rows.get(name);
    if (view === null || row === undefined) return null;
    const id = `${pool}/${name}` as const;
    return targetAnswerOf({
      ...{ view, row, clock },
      entries: journal.about(id),
      types: this.typesOf(view),
      deliveries: [...chronicle.deliveries(pool, id), ...chronicle.deliveries(pool, null)],
      cameAt: (entered) => chronicle.cameAt(entered),
    });
  }

  /** The types of a pool's checks. */
  typesOf({ pool, checks }: Pick<PoolView, "pool" | "checks">): readonly string[] {
    const settings = this.#given.settings().pools.find(({ name }) => name === pool);
    return checks.map((_, index) => settings?.checks[index]?.kind.name ?? `check ${index + 1}`);
  }

  #now(): string {
    return isoAt(this.#given.clock, this.#given.clock.now());
  }
}

function cut<T>(all: readonly T[], nameOf: (one: T) => string, { after, limit }: Piece) {
  const rest = after === null ? all : all.filter((one) => byName(nameOf(one), after) > 0);
  const piece = rest.slice(0, limit);
  const last = piece.at(-1);
  return { piece, next: rest.length > limit && last !== undefined ? nameOf(last) : null };
}
