import type { Ms, Row } from "../src/index.ts";

/** How often what was told. */
export interface Told {
  readonly up: number;
  readonly down: number;
  /** Lines that change nothing in HAProxy. */
  readonly unchanged: number;
}

/** Counts what polls are told, by pool. */
export class Answers {
  readonly #pools = new Map<string, { -readonly [Word in keyof Told]: Told[Word] }>();

  /** A poll was told of this row. */
  count(pool: string, { verdict }: Row, now: Ms): void {
    let told = this.#pools.get(pool);
    if (told === undefined) {
      told = { up: 0, down: 0, unchanged: 0 };
      this.#pools.set(pool, told);
    }
    if (verdict === null) told.unchanged++;
    else if (verdict.state === "down") told.down++;
    // As formatReply has it: an up is no news once it is stale, an order needs no probe to stay true.
    else if (verdict.order === null && now > verdict.staleAt) told.unchanged++;
    else told.up++;
  }

  /** What was told of the pools that still are there. */
  of(isThere: (pool: string) => boolean): ReadonlyMap<string, Told> {
    return new Map([...this.#pools].filter(([pool]) => isThere(pool)));
  }
}
