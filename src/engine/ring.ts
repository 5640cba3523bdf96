/** The last `size` values. */
export class Ring<T> {
  readonly #size: number;
  readonly #kept: T[] = [];
  #next = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(value: T): void {
    if (this.#kept.length < this.#size) this.#kept.push(value);
    else this.#kept[this.#next] = value;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** In no order. */
  values(): readonly T[] {
    return this.#kept;
  }
}
