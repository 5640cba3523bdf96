import type { Entry } from "../contract.ts";

/** Changed keys; null: the key is gone. */
export type Changes = ReadonlyMap<string, Entry | null>;

/**
 * Keys of one moment that share their map with those of the next: one change of many keys costs one key. The newest has
 * the map, the others know what was different. Who looks into an older one gets a copy made.
 */
export class SharedEntries implements ReadonlyMap<string, Entry> {
  #own: Map<string, Entry> | null;
  #next: { readonly entries: SharedEntries; readonly before: Changes } | null = null;

  constructor(entries: Map<string, Entry>) {
    this.#own = entries;
  }

  /** These keys with changes. */
  with(changes: Changes): SharedEntries {
    const map = this.#map();
    const before = new Map<string, Entry | null>();
    for (const [key, entry] of changes) {
      before.set(key, map.get(key) ?? null);
      if (entry === null) map.delete(key);
      else map.set(key, entry);
    }
    const entries = new SharedEntries(map);
    this.#own = null;
    this.#next = { entries, before };
    return entries;
  }

  /** The keys that may be different in a later version of these entries; null when it is none. */
  changedIn(later: ReadonlyMap<string, Entry>): ReadonlySet<string> | null {
    const changed = new Set<string>();
    let at: SharedEntries = this;
    while (at !== later) {
      if (at.#next === null) return null;
      for (const key of at.#next.before.keys()) changed.add(key);
      at = at.#next.entries;
    }
    return changed;
  }

  #map(): Map<string, Entry> {
    if (this.#own !== null) return this.#own;
    const path: Changes[] = [];
    let newest: SharedEntries = this;
    while (newest.#next !== null) {
      path.push(newest.#next.before);
      newest = newest.#next.entries;
    }
    const own = new Map(newest.#own);
    for (const before of path.reverse())
      for (const [key, entry] of before) {
        if (entry === null) own.delete(key);
        else own.set(key, entry);
      }
    this.#own = own;
    this.#next = null;
    return own;
  }

  get size(): number {
    return this.#map().size;
  }

  get(key: string): Entry | undefined {
    return this.#map().get(key);
  }

  has(key: string): boolean {
    return this.#map().has(key);
  }

  keys(): MapIterator<string> {
    return this.#map().keys();
  }

  values(): MapIterator<Entry> {
    return this.#map().values();
  }

  entries(): MapIterator<[string, Entry]> {
    return this.#map().entries();
  }

  [Symbol.iterator](): MapIterator<[string, Entry]> {
    return this.entries();
  }

  forEach(see: (entry: Entry, key: string, all: ReadonlyMap<string, Entry>) => void): void {
    for (const [key, entry] of this) see(entry, key, this);
  }
}
