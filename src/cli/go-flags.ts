// Command lines as Go's flag package reads them: `-x` and `--x` are the same, values follow `=` or as the next word.
import type { Flag } from "./render-flags.ts";

/** What was said, by flag. */
export type Said = Map<string, string | readonly string[]>;

/** What a command line comes to: flags, and what stands behind the last of them. */
export interface Parsed {
  readonly said: Said;
  readonly rest: readonly string[];
}

/** A command line that cannot be read, in Go's words. */
export class FlagError extends Error {
  override readonly name = "FlagError";
}

/** Reads the flags; the first word that is none ends them. */
export function parseFlags(argv: readonly string[], flags: readonly Pick<Flag, "name" | "kind">[]): Parsed {
  const known = new Map(flags.map(({ name, kind }) => [name, kind]));
  const said: Said = new Map();
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    const [, name, equals] = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) {
      if (/^--?[=-]/.test(word) && word !== "--") throw new FlagError(`bad flag syntax: ${word}`);
      return { said, rest: argv.slice(word === "--" ? at + 1 : at) };
    }
    const kind = known.get(name);
    if (kind === undefined) throw new FlagError(`flag provided but not defined: -${name}`);
    let value = equals;
    if (value === undefined && kind === "switch") value = "true";
    if (value === undefined) {
      at += 1;
      value = argv[at];
    }
    if (value === undefined) throw new FlagError(`flag needs an argument: -${name}`);
    said.set(name, kind === "list" ? [...(said.get(name) ?? []), value] : value);
  }
  return { said, rest: [] };
}

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/** A switch as Go reads it. */
export function readSwitch(name: string, text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new FlagError(`invalid boolean value ${JSON.stringify(text)} for -${name}: parse error`);
}

/** A whole number as Go reads it. */
export function readWhole(name: string, text: string): number {
  const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new FlagError(`invalid value ${JSON.stringify(text)} for flag -${name}: parse error`);
}
