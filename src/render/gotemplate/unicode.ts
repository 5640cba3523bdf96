import { eachRune, encodeRune, isAscii } from "./bytes.ts";

const LETTER = /^\p{L}$/u;
const DIGIT = /^\p{Nd}$/u;
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

function has(class_: RegExp, code: number): boolean {
  return class_.test(String.fromCodePoint(code));
}

/** True for letters, decimal digits and the underscore, in any script. */
export function isAlphaNumeric(code: number): boolean {
  return code === 0x5f || has(LETTER, code) || has(DIGIT, code);
}

/** True for a letter of any script. */
export function isLetter(code: number): boolean {
  return has(LETTER, code);
}

/** True for what Go prints as it is: letters, marks, numbers, punctuation, symbols and the ASCII space. */
export function isPrint(code: number): boolean {
  return code >= 0x20 && code !== 0x7f && (code < 0x7f || has(PRINTABLE, code));
}

// Where the full mapping of JavaScript gives several characters, Go takes the one of the simple mapping.
const SIMPLE_UPPER = new Map<number, number>([
  [0x1fb3, 0x1fbc],
  [0x1fc3, 0x1fcc],
  [0x1ff3, 0x1ffc],
]);

function upperRune(code: number): number {
  if (code >= 0x1f80 && code <= 0x1faf) return code | 8;
  const simple = SIMPLE_UPPER.get(code);
  if (simple !== undefined) return simple;
  return single(String.fromCodePoint(code).toUpperCase(), code);
}

function lowerRune(code: number): number {
  return code === 0x130 ? 0x69 : single(String.fromCodePoint(code).toLowerCase(), code);
}

function single(mapped: string, otherwise: number): number {
  const code = mapped.codePointAt(0);
  return code !== undefined && mapped.length === String.fromCodePoint(code).length ? code : otherwise;
}

function mapRunes(bytes: string, map: (code: number) => number): string {
  let mapped = "";
  eachRune(bytes, (code) => {
    mapped += encodeRune(map(code));
  });
  return mapped;
}

/** Upper case, one rune for one rune: "ß" stays. */
export function toUpper(bytes: string): string {
  return isAscii(bytes) ? bytes.toUpperCase() : mapRunes(bytes, upperRune);
}

/** Lower case, one rune for one rune. */
export function toLower(bytes: string): string {
  return isAscii(bytes) ? bytes.toLowerCase() : mapRunes(bytes, lowerRune);
}
