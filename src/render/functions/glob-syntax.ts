import { REPLACEMENT, runeAt } from "../gotemplate/bytes.ts";

/** The characters from `low` to `high`. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** One part of a pattern; what stands for itself comes byte by byte. */
export type Element =
  | { readonly kind: "byte"; readonly byte: string }
  | { readonly kind: "any" }
  | { readonly kind: "star" }
  | { readonly kind: "class"; readonly negated: boolean; readonly ranges: readonly Range[] };

/** The parts of a pattern; null when it is malformed. */
export function readElements(pattern: string): readonly Element[] | null {
  const elements: Element[] = [];
  for (let at = 0; at < pattern.length; ) {
    const read = readElement(pattern, at);
    if (read === null) return null;
    elements.push(read.element);
    at = read.end;
  }
  return elements;
}

interface Read {
  readonly element: Element;
  readonly end: number;
}

function readElement(pattern: string, at: number): Read | null {
  const char = pattern[at] ?? "";
  if (char === "*") return { element: { kind: "star" }, end: at + 1 };
  if (char === "?") return { element: { kind: "any" }, end: at + 1 };
  if (char === "[") return readClass(pattern, at + 1);
  if (char !== "\\") return { element: { kind: "byte", byte: char }, end: at + 1 };
  const escaped = pattern[at + 1];
  return escaped === undefined ? null : { element: { kind: "byte", byte: escaped }, end: at + 2 };
}

function readClass(pattern: string, start: number): Read | null {
  const negated = pattern[start] === "^";
  const ranges: Range[] = [];
  let at = negated ? start + 1 : start;
  while (pattern[at] !== "]" || ranges.length === 0) {
    const low = readRune(pattern, at);
    if (low === null) return null;
    const high = pattern[low.end] === "-" ? readRune(pattern, low.end + 1) : low;
    if (high === null) return null;
    ranges.push({ low: low.code, high: high.code });
    at = high.end;
  }
  return { element: { kind: "class", negated, ranges }, end: at + 1 };
}

// A class must go on after each character, so that its end is always seen.
function readRune(pattern: string, at: number): { code: number; end: number } | null {
  const char = pattern[at];
  if (char === undefined || char === "-" || char === "]") return null;
  const start = char === "\\" ? at + 1 : at;
  if (start >= pattern.length) return null;
  const { code, size } = runeAt(pattern, start);
  const broken = code === REPLACEMENT && size === 1;
  return broken || start + size >= pattern.length ? null : { code, end: start + size };
}
