import { runeAt } from "../bytes.ts";
import { type Flags, NO_FLAGS } from "./flags.ts";

/** An explicit argument index, `[3]`: counted from 0; null when what stands in the brackets is no index. */
export interface Index {
  readonly at: number | null;
}

/** One verb of a format, and the text before it. */
export interface Directive {
  readonly text: string;
  /** The verb as a byte string; empty when the format ends before one, null when no verb is left. */
  readonly verb: string | null;
  readonly flags: Flags;
  readonly widthIndex: Index | null;
  readonly widthFromArgument: boolean;
  readonly precisionIndex: Index | null;
  readonly precisionFromArgument: boolean;
  readonly verbIndex: Index | null;
  /** False when an index stands where none may stand. */
  readonly wellFormed: boolean;
}

const LARGEST = 1_000_000;

class Scanner {
  readonly format: string;
  at = 0;

  constructor(format: string) {
    this.format = format;
  }

  take(char: string): boolean {
    if (this.format[this.at] !== char) return false;
    this.at++;
    return true;
  }

  text(): string {
    const end = this.format.indexOf("%", this.at);
    const text = this.format.slice(this.at, end < 0 ? undefined : end);
    this.at = end < 0 ? this.format.length : end;
    return text;
  }

  // A number beyond the largest swallows the rest of the format.
  number(): number | null {
    let value: number | null = null;
    for (; isDigit(this.format[this.at]); this.at++) {
      if (value !== null && value > LARGEST) {
        this.at = this.format.length;
        return null;
      }
      value = (value ?? 0) * 10 + Number(this.format[this.at]);
    }
    return value;
  }

  index(): Index | null {
    if (this.format[this.at] !== "[") return null;
    const end = this.format.indexOf("]", this.at);
    const inner = this.format.slice(this.at + 1, end);
    const valid = end > this.at + 1 && /^[0-9]+$/.test(inner) && Number(inner) <= LARGEST * 10;
    this.at = end < 0 ? this.at + 1 : end + 1;
    return { at: valid ? Number(inner) - 1 : null };
  }

  flags(): { minus: boolean; plus: boolean; sharp: boolean; space: boolean; zero: boolean } {
    const flags = { minus: false, plus: false, sharp: false, space: false, zero: false };
    for (; ; this.at++) {
      const char = this.format[this.at];
      if (char === "#") flags.sharp = true;
      else if (char === "0") flags.zero = !flags.minus;
      else if (char === "+") flags.plus = true;
      else if (char === " ") flags.space = true;
      else if (char !== "-") return flags;
      else {
        flags.minus = true;
        flags.zero = false;
      }
    }
  }

  verb(): string {
    if (this.at >= this.format.length) return "";
    const verb = this.format.slice(this.at, this.at + runeAt(this.format, this.at).size);
    this.at += verb.length;
    return verb;
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= "0" && char <= "9";
}

type Precision = Pick<Directive, "precisionIndex" | "precisionFromArgument"> & {
  dotted: boolean;
  precision: number | null;
};

function precisionOf(scan: Scanner): Precision {
  if (scan.format[scan.at] !== "." || scan.at + 1 >= scan.format.length) {
    return { dotted: false, precisionIndex: null, precisionFromArgument: false, precision: null };
  }
  scan.at++;
  const precisionIndex = scan.index();
  const precisionFromArgument = scan.take("*");
  const precision = precisionFromArgument ? null : (scan.number() ?? 0);
  return { dotted: true, precisionIndex, precisionFromArgument, precision };
}

function directive(scan: Scanner, text: string): Directive {
  const given = scan.flags();
  const widthIndex = scan.index();
  const widthFromArgument = scan.take("*");
  const width = widthFromArgument ? null : scan.number();
  const dangling = isIndex(widthIndex) && !widthFromArgument;
  const { dotted, precision, ...rest } = precisionOf(scan);
  const indexed = dotted ? isIndex(rest.precisionIndex) && !rest.precisionFromArgument : dangling;
  const verbIndex = indexed ? null : scan.index();
  const verb = scan.verb();
  const flags = verbFlags({ ...given, width, precision }, verb);
  const wellFormed = !dangling || (width === null && !dotted);
  return { text, verb, flags, widthIndex, widthFromArgument, ...rest, verbIndex, wellFormed };
}

function isIndex(index: Index | null): boolean {
  return index !== null && index.at !== null;
}

function verbFlags(flags: Omit<Flags, "sharpV" | "plusV">, verb: string): Flags {
  if (verb !== "v") return { ...flags, sharpV: false, plusV: false };
  return { ...flags, sharp: false, plus: false, sharpV: flags.sharp, plusV: flags.plus };
}

function parseFormat(format: string): readonly Directive[] {
  const scan = new Scanner(format);
  const directives: Directive[] = [];
  for (;;) {
    const text = scan.text();
    if (!scan.take("%")) return [...directives, { ...END, text }];
    directives.push(directive(scan, text));
  }
}

const END: Directive = {
  text: "",
  verb: null,
  flags: NO_FLAGS,
  widthIndex: null,
  widthFromArgument: false,
  precisionIndex: null,
  precisionFromArgument: false,
  verbIndex: null,
  wellFormed: true,
};

function isPlain({ verb, flags, wellFormed, ...rest }: Directive): boolean {
  const unflagged = Object.values(flags).every((flag) => flag === false || flag === null);
  const unindexed = rest.widthIndex === null && rest.precisionIndex === null && rest.verbIndex === null;
  const given = !rest.widthFromArgument && !rest.precisionFromArgument && wellFormed;
  return verb === null || (["s", "d", "v"].includes(verb) && unflagged && unindexed && given);
}

/** A format that has been read. */
export interface Format {
  /** The last one holds the text after all verbs. */
  readonly directives: readonly Directive[];
  /** True when its verbs are `%s`, `%d` and `%v` as they are, and nothing else. */
  readonly plain: boolean;
}

const KEPT = 500;
const known = new Map<string, Format>();

/** Reads a format; those seen lately are not read again. */
export function readFormat(text: string): Format {
  const before = known.get(text);
  if (before !== undefined) return before;
  const directives = parseFormat(text);
  const format = { directives, plain: directives.every(isPlain) };
  if (known.size >= KEPT) known.clear();
  known.set(text, format);
  return format;
}
