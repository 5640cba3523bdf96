const CHUNK = 16 * 1024;

/** Collects byte strings: short ones are joined before they are copied, so that nothing small lives long. */
export class Output {
  #buffer = Buffer.alloc(4 * CHUNK);
  #used = 0;
  #chunk = "";

  /** Bytes written so far. */
  get length(): number {
    return this.#used + this.#chunk.length;
  }

  add(text: string): void {
    this.#chunk += text;
    if (this.#chunk.length > CHUNK) this.#flush();
  }

  /** All that was written. */
  finish(): Buffer {
    this.#flush();
    return this.#buffer.subarray(0, this.#used);
  }

  #flush(): void {
    const needed = this.length;
    if (needed > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(2 * this.#buffer.length, needed));
      this.#buffer.copy(larger, 0, 0, this.#used);
      this.#buffer = larger;
    }
    this.#buffer.write(this.#chunk, this.#used, "latin1");
    this.#used = needed;
    this.#chunk = "";
  }
}
