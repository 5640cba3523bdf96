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

  addBytes(bytes: Buffer): void {
    this.#flush();
    this.#makeRoom(bytes.length);
    bytes.copy(this.#buffer, this.#used);
    this.#used += bytes.length;
  }

  /** A copy of what was written from this length on. */
  since(start: number): Buffer {
    this.#flush();
    return Buffer.from(this.#buffer.subarray(start, this.#used));
  }

  /** All that was written. */
  finish(): Buffer {
    this.#flush();
    return this.#buffer.subarray(0, this.#used);
  }

  #flush(): void {
    this.#makeRoom(this.#chunk.length);
    this.#buffer.write(this.#chunk, this.#used, "latin1");
    this.#used += this.#chunk.length;
    this.#chunk = "";
  }

  #makeRoom(bytes: number): void {
    const needed = this.#used + bytes;
    if (needed <= this.#buffer.length) return;
    const larger = Buffer.alloc(Math.max(2 * this.#buffer.length, needed));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}
