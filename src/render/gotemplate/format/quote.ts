import { eachRune, encodeRune, REPLACEMENT } from "../bytes.ts";
import { isPrint } from "../unicode.ts";

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [7, "\\a"],
  [8, "\\b"],
  [12, "\\f"],
  [10, "\\n"],
  [13, "\\r"],
  [9, "\\t"],
  [11, "\\v"],
  [92, "\\\\"],
]);

/** Which characters are written as escapes: those that do not print, or all beyond ASCII as well. */
export type Escaping = "unprintable" | "non-ascii";

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

function quotedRune(code: number, mark: string, escaping: Escaping): string {
  const shown = escaping === "non-ascii" ? code < 0x80 && isPrint(code) : isPrint(code);
  if (code === mark.charCodeAt(0)) return `\\${mark}`;
  const short = ESCAPES.get(code);
  if (short !== undefined) return short;
  if (shown) return encodeRune(code);
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

/** A string constant in double quotes, as Go writes it. */
export function quote(text: string, escaping: Escaping = "unprintable"): string {
  let quoted = '"';
  eachRune(text, (code, at, size) => {
    const broken = code === REPLACEMENT && size === 1;
    quoted += broken ? `\\x${hex(text.charCodeAt(at), 2)}` : quotedRune(code, '"', escaping);
  });
  return `${quoted}"`;
}

/** A character constant in single quotes, as Go writes it. */
export function quoteRune(code: number, escaping: Escaping): string {
  return `'${quotedRune(code, "'", escaping)}'`;
}

/** True when the text can stand in backquotes: no control characters but tab, no backquote, valid UTF-8. */
export function canBackquote(text: string): boolean {
  let can = true;
  eachRune(text, (code, _at, size) => {
    const control = (code < 0x20 && code !== 9) || code === 0x60 || code === 0x7f || code === 0xfeff;
    if (control || (code === REPLACEMENT && size === 1)) can = false;
  });
  return can;
}
