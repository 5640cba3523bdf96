import type { Path } from "../document.ts";
import { type Loading, pathWords } from "../loading.ts";

/** What `{pool}` and `{group}` stand for. */
export interface PoolWords {
  readonly pool: string;
  readonly group: string | null;
}

/** A value with `{pool}` and `{group}` filled in, for checks and sources, which do not know their pool. */
export function fillPoolWords(loading: Loading, value: unknown, path: Path, words: PoolWords): unknown {
  const fill = (inner: unknown, at: Path): unknown => {
    // What came from a file or the environment may be a password: it is nobody's template.
    if (typeof inner === "string") return loading.referred.has(pathWords(at)) ? inner : replaced(inner, words);
    if (Array.isArray(inner)) return inner.map((item, i) => fill(item, [...at, i]));
    if (typeof inner !== "object" || inner === null) return inner;
    return Object.fromEntries(Object.entries(inner).map(([key, one]) => [key, fill(one, [...at, key])]));
  };
  return fill(value, path);
}

const replaced = (text: string, { pool, group }: PoolWords): string =>
  text.replace(/\{(pool|group)\}/g, (_hole, word) => (word === "pool" ? pool : (group ?? "")));
