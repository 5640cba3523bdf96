import { encodeRune, runeAt, validUtf8 } from "../bytes.ts";

/** One character of a quoted literal: a code point, or a single byte written as `\x41` or `\101`. */
export interface Char {
  readonly code: number;
  readonly isByte: boolean;
  readonly size: number;
}

const SIMPLE: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["b", 8],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
  ["\\", 92],
]);

const HEX_DIGITS: ReadonlyMap<string, number> = new Map([
  ["x", 2],
  ["u", 4],
  ["U", 8],
]);

/** The text of a string constant in double quotes or backquotes; null when it breaks Go's rules. */
export function unquote(literal: string): string | null {
  const inner = literal.slice(1, -1);
  if (literal.startsWith("`")) return inner.replaceAll("\r", "");
  if (!inner.includes("\\")) return validUtf8(inner);
  let text = "";
  for (let at = 0; at < inner.length; ) {
    const char = unquoteChar(inner, at, '"');
    if (char === null) return null;
    text += char.isByte ? String.fromCharCode(char.code) : encodeRune(char.code);
    at += char.size;
  }
  return text;
}

/** The character at `at` of a literal in the given quotes; null when there is none or it breaks Go's rules. */
export function unquoteChar(text: string, at: number, mark: string): Char | null {
  const char = text[at];
  if (char === undefined || char === mark) return null;
  if (char === "\\") return escaped(text, at, mark);
  return { ...runeAt(text, at), isByte: false };
}

function escaped(text: string, at: number, mark: string): Char | null {
  const letter = text[at + 1] ?? "";
  if (letter === mark) return { code: mark.charCodeAt(0), isByte: false, size: 2 };
  const simple = SIMPLE.get(letter);
  if (simple !== undefined) return { code: simple, isByte: false, size: 2 };
  const digits = HEX_DIGITS.get(letter);
  return digits === undefined ? octal(text, at) : hexadecimal(text, at, digits);
}

function hexadecimal(text: string, at: number, digits: number): Char | null {
  const hex = text.slice(at + 2, at + 2 + digits);
  if (hex.length < digits || !/^[0-9a-fA-F]+$/.test(hex)) return null;
  const code = Number.parseInt(hex, 16);
  const valid = digits === 2 || (code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff));
  return valid ? { code, isByte: digits === 2, size: 2 + digits } : null;
}

function octal(text: string, at: number): Char | null {
  const digits = /^[0-7]{3}/.exec(text.slice(at + 1, at + 4))?.[0];
  const code = digits === undefined ? 256 : Number.parseInt(digits, 8);
  return code > 255 ? null : { code, isByte: true, size: 4 };
}
