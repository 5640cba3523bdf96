import { type FormatReply, formatReply, type Ms, type PoolPolicy, type Row } from "../src/index.ts";

interface Ready {
  readonly policy: PoolPolicy | null;
  readonly until: Ms;
  readonly bytes: Buffer;
}

/** Some lines tell an age: none is used longer. */
const KEEP_MS: Ms = 1000;

/** Ready-made bytes of a row: formatted again only when the row or its policy changed, it went stale, or a second passed. */
export class Replies {
  readonly #ready = new WeakMap<Row, Ready>();
  readonly #format: FormatReply;
  readonly #unknown: Buffer;

  constructor(format: FormatReply = formatReply) {
    this.#format = format;
    this.#unknown = this.#bytes(null, null, 0);
  }

  /** The agent's line for a row; null: for a name that is not there. */
  of(row: Row | null, policy: PoolPolicy | null, now: Ms): Buffer {
    if (row === null) return this.#unknown;
    const ready = this.#ready.get(row);
    if (ready !== undefined && ready.policy === policy && now < ready.until) return ready.bytes;
    const bytes = this.#bytes(row, policy, now);
    const staleAt = row.verdict?.staleAt ?? 0;
    const until = now <= staleAt ? Math.min(staleAt, now + KEEP_MS) : now + KEEP_MS;
    this.#ready.set(row, { policy, until, bytes });
    return bytes;
  }

  #bytes(row: Row | null, policy: PoolPolicy | null, now: Ms): Buffer {
    const { bytes } = this.#format(row, policy, now);
    // A view, not a copy; a plain Uint8Array would be wrapped anew at each write.
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}
