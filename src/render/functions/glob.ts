import { runeAt } from "../gotemplate/bytes.ts";
import { type Element, type Range, readElements } from "./glob-syntax.ts";

interface Chunk {
  /** Any characters but slashes may come before it. */
  readonly star: boolean;
  readonly elements: readonly Element[];
}

/** A pattern as Go's path.Match reads it, on byte strings. */
export interface Glob {
  matches(name: string): boolean;
  /** True when it is matched segment by segment: nothing in it but a plain slash matches a slash. */
  readonly bySegment: boolean;
}

/** The pattern ready to be matched; null when it is malformed. */
export function compileGlob(pattern: string): Glob | null {
  const elements = readElements(pattern);
  if (elements === null) return null;
  const chunks = chunksOf(elements);
  const anyName = pattern === "*";
  return {
    matches: (name) => (anyName ? !name.includes("/") : matchChunks(chunks, name)),
    bySegment: hasPlainSlashesOnly(pattern, elements),
  };
}

const SLASH = 0x2f;

function hasPlainSlashesOnly(pattern: string, elements: readonly Element[]): boolean {
  if (pattern.includes("\\/") || elements.some((each) => each.kind === "class" && inClass(each, SLASH))) return false;
  const slashes = elements.filter((element) => element.kind === "byte" && element.byte === "/");
  return slashes.length === pattern.split("/").length - 1;
}

function chunksOf(elements: readonly Element[]): Chunk[] {
  const chunks: { star: boolean; elements: Element[] }[] = [];
  let star = false;
  let open = false;
  for (const element of elements) {
    if (element.kind === "star") {
      star = true;
      open = false;
    } else if (open) chunks.at(-1)?.elements.push(element);
    else {
      chunks.push({ star, elements: [element] });
      star = false;
      open = true;
    }
  }
  return star ? [...chunks, { star, elements: [] }] : chunks;
}

// Where the name goes on after the chunk, or -1.
function matchChunk(elements: readonly Element[], name: string, start: number): number {
  let at = start;
  for (const element of elements) {
    if (at >= name.length) return -1;
    if (element.kind === "byte") {
      if (name[at] !== element.byte) return -1;
      at++;
      continue;
    }
    const { code, size } = runeAt(name, at);
    if (element.kind === "class" ? !inClass(element, code) : code === SLASH) return -1;
    at += size;
  }
  return at;
}

function inClass(element: { negated: boolean; ranges: readonly Range[] }, code: number): boolean {
  return element.ranges.some(({ low, high }) => low <= code && code <= high) !== element.negated;
}

function matchChunks(chunks: readonly Chunk[], name: string): boolean {
  let at = 0;
  for (const [i, chunk] of chunks.entries()) {
    if (chunk.elements.length === 0) return !name.includes("/", at);
    const next = matchFrom(chunk, name, at, i === chunks.length - 1);
    if (next < 0) return false;
    at = next;
  }
  return at === name.length;
}

function matchFrom({ star, elements }: Chunk, name: string, start: number, last: boolean): number {
  for (let at = start; ; at++) {
    const end = matchChunk(elements, name, at);
    if (end >= 0 && (!last || end === name.length)) return end;
    if (!star || at >= name.length || name[at] === "/") return -1;
  }
}
