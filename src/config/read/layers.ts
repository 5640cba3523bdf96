// A key of a pool may be said in four places: the check, the pool, `defaults`, or nowhere.
import type { z } from "zod";
import type { Path } from "../document.ts";
import type { DefaultsKeys } from "../schema/pool.ts";

/** Values that a place gives, parsed. */
export type Values = Partial<z.output<typeof DefaultsKeys>>;

/** One place with its values. */
export interface Layer {
  readonly path: Path;
  readonly values: Values;
}

/** The most specific place first. */
export type Layers = readonly Layer[];

/** A value with the place it stands at; `rank` 0 is the most specific. */
export interface Said<K extends keyof Values> {
  readonly value: NonNullable<Values[K]>;
  readonly path: Path;
  readonly rank: number;
}

/** What the most specific place says about a key; null when none does. */
export function said<K extends keyof Values>(layers: Layers, key: K): Said<K> | null {
  for (const [rank, { values, path }] of layers.entries()) {
    const value = values[key];
    if (value !== undefined && value !== null) return { value, path: [...path, key], rank };
  }
  return null;
}
