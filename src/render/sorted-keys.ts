/** A name directly below a folder: a key itself, or a folder with keys in it. */
type See = (name: string, isFolder: boolean) => void;

/** Clean absolute paths in byte order, so that all below one folder lie together and the rest is never looked at. */
export class SortedKeys {
  readonly #keys: string[];

  constructor(keys: string[]) {
    this.#keys = isSorted(keys) ? keys : keys.sort();
  }

  add(key: string): void {
    this.#keys.splice(this.#lowerBound(key), 0, key);
  }

  /** Removes a key, which must be there. */
  remove(key: string): void {
    this.#keys.splice(this.#lowerBound(key), 1);
  }

  /** Names each key and each folder directly below a folder ("" is the top), in byte order of the paths. */
  eachBelow(folder: string, see: See): void {
    const prefix = `${folder}/`;
    for (let at = this.#lowerBound(prefix); ; ) {
      const key = this.#keys[at];
      if (key === undefined || !key.startsWith(prefix)) return;
      const end = key.indexOf("/", prefix.length);
      see(key.slice(prefix.length, end < 0 ? undefined : end), end >= 0);
      at = end < 0 ? at + 1 : this.#skip(key.slice(0, end + 1), at);
    }
  }

  /** All keys below a folder, at any depth. */
  allBelow(folder: string): string[] {
    const prefix = `${folder}/`;
    const start = this.#lowerBound(prefix);
    return this.#keys.slice(start, this.#skip(prefix, start));
  }

  // The first place from which on no key is less than this one.
  #lowerBound(key: string): number {
    let low = 0;
    let high = this.#keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#keys[middle] ?? "") < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // The first place behind `start` whose key has another prefix, found in growing steps: most folders are small.
  #skip(prefix: string, start: number): number {
    let step = 1;
    while (this.#keys[start + step]?.startsWith(prefix)) step *= 2;
    let low = start + (step >>> 1);
    let high = Math.min(start + step, this.#keys.length);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#keys[middle]?.startsWith(prefix)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isSorted(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] ?? "") > (keys[i] ?? "")) return false;
  return true;
}
