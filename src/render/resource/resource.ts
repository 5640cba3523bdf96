import type { Ms } from "../../core/types.ts";
import type { SchemaRule } from "./schema.ts";

/** How much of the keys may vanish at once before the old file stays; `forMs`: how long, unless no key is left at all. */
export interface ShrinkGuard {
  readonly share: number;
  readonly forMs: Ms;
}

/** What a resource may say itself, and otherwise takes from who runs it. */
export interface Rules {
  /** `strict`: keys and values with control characters stop the render. */
  readonly values: "strict" | "any";
  /** null: off. */
  readonly shrinkGuard: ShrinkGuard | null;
  readonly checkTimeoutMs: Ms;
  readonly reloadTimeoutMs: Ms;
  /** How long keys must be quiet before a change is rendered. */
  readonly debounceMs: Ms;
  /** HAProxy's runtime socket, which must show a new process after the reload; null: the command's word is taken. */
  readonly confirmSocket: string | null;
}

/** What holds where nothing else is said. */
export const DEFAULT_RULES: Rules = {
  values: "any",
  shrinkGuard: { share: 0.8, forMs: 600_000 },
  checkTimeoutMs: 30_000,
  reloadTimeoutMs: 60_000,
  debounceMs: 20,
  confirmSocket: null,
};

/** One template resource: a file of conf.d. */
export interface Resource {
  /** Where it was read. */
  readonly file: string;
  /** Path of the template. */
  readonly src: string;
  readonly dest: string;
  /** Keys as they are read: clean paths with the prefix in front. */
  readonly paths: readonly string[];
  /** Cut off the front of every key. */
  readonly prefix: string;
  /** Permissions as they are written; "": those of an existing file, else 0644. */
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly checkCmd: string;
  readonly reloadCmd: string;
  readonly rules: Rules;
  readonly schema: readonly SchemaRule[];
  /** Equal exactly when nothing in the file changed. */
  readonly digest: string;
}

/** What is wrong with a resource, in a line. */
export class ResourceError extends Error {
  override readonly name = "ResourceError";
}
