import { readFileSync, statSync } from "node:fs";
import { inspect } from "node:util";
import type { Secret } from "../contract.ts";

const HIDDEN = "[secret]";
const RECHECK_MS = 1000;
/** Values that came from a file, so that a secret made from one follows the file; null: from more than one. */
const origins = new Map<string, string | null>();

/** Remembers that this value was read from this file. */
export function rememberOrigin(value: string, file: string): void {
  const known = origins.get(value);
  if (value !== "") origins.set(value, known === undefined || known === file ? file : null);
}

/** A configuration is read from its beginning: what others held before is no matter. */
export const forgetOrigins = (): void => origins.clear();

/** Contents of a secret file without its last line end. */
export const readSecretFile = (file: string): string => readFileSync(file, "utf8").replace(/\r?\n$/, "");

class FixedSecret implements Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return HIDDEN;
  }
  toJSON(): string {
    return HIDDEN;
  }
  [inspect.custom](): string {
    return HIDDEN;
  }
}

/** Read again, at most once a second, when the file changed; an unreadable file keeps the last value. */
class FileSecret extends FixedSecret {
  readonly #file: string;
  #value: string;
  #stamp = "";
  #checkedAt = 0;
  constructor(file: string, value: string) {
    super(value);
    this.#file = file;
    this.#value = value;
  }
  override reveal(): string {
    const now = performance.now();
    if (now - this.#checkedAt < RECHECK_MS) return this.#value;
    this.#checkedAt = now;
    try {
      const { mtimeMs, size, ino } = statSync(this.#file);
      const stamp = `${mtimeMs}/${size}/${ino}`;
      if (stamp !== this.#stamp) {
        this.#value = readSecretFile(this.#file);
        this.#stamp = stamp;
      }
    } catch {
      // A file in the middle of its rotation: the last value stays.
    }
    return this.#value;
  }
}

/** A secret of a value; one that was read from a file follows that file, unless two hold the same. */
export function secretOf(value: string): Secret {
  const file = origins.get(value) ?? null;
  return file === null ? new FixedSecret(value) : new FileSecret(file, value);
}

/** A secret that follows a file. */
export const secretFile = (file: string): Secret => new FileSecret(file, readSecretFile(file));
