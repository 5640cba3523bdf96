import { SharedEntries } from "../../registry/entries.ts";
import { toBytes } from "../gotemplate/bytes.ts";
import { Keys } from "../keys.ts";
import type { Entries } from "./fetch.ts";
import { shownName } from "./key-names.ts";

/**
 * The keys of one resource under the names its template knows. Taking new entries costs what changed: the template
 * and the tree of keys stay.
 */
export class Store {
  readonly keys = new Keys();
  readonly #prefix: string;
  /** What is new since the last `passed`, by name. */
  readonly #fresh = new Map<string, string>();
  #entries: Entries = new Map();
  /** Each key has a name of its own. */
  #plain = true;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Holds exactly these from now on. */
  take(entries: Entries): void {
    const before = this.#entries;
    if (entries === before) return;
    const changed = this.#plain && before instanceof SharedEntries ? before.changedIn(entries) : null;
    if (changed === null) this.#compare(before, entries);
    else this.#renew(changed, entries);
    this.#entries = entries;
    this.#plain = this.keys.size === entries.size;
  }

  #renew(changed: ReadonlySet<string>, entries: Entries): void {
    for (const key of changed) if (!entries.has(key)) this.#drop(shownName(key, this.#prefix));
    for (const key of changed) {
      const value = entries.get(key)?.value;
      const name = shownName(key, this.#prefix);
      if (value !== undefined && this.keys.get(toBytes(name)) !== toBytes(value)) this.#set(name, value);
    }
  }

  #compare(before: Entries, entries: Entries): void {
    let kept = 0;
    for (const [key, { value }] of entries) {
      const known = before.get(key);
      if (known !== undefined) kept += 1;
      if (known === undefined || known.value !== value) this.#set(shownName(key, this.#prefix), value);
    }
    if (kept < before.size) this.#dropMissing(before, entries);
  }

  /** Names and values, as the template sees them, that were not passed yet. */
  get fresh(): ReadonlyMap<string, string> {
    return this.#fresh;
  }

  /** All that is held was looked at and may be used. */
  passed(): void {
    this.#fresh.clear();
  }

  #set(name: string, value: string): void {
    this.keys.set(name, value);
    this.#fresh.set(name, value);
  }

  #drop(name: string): void {
    this.keys.delete(name);
    this.#fresh.delete(name);
  }

  // Two keys may come to one name (`a//b` and `a/b`): what is left of them is set again.
  #dropMissing(before: Entries, now: Entries): void {
    const gone = new Set<string>();
    for (const key of before.keys()) if (!now.has(key)) gone.add(shownName(key, this.#prefix));
    for (const name of gone) this.#drop(name);
    for (const [key, { value }] of now) {
      const name = shownName(key, this.#prefix);
      if (gone.has(name)) this.#set(name, value);
    }
  }
}
