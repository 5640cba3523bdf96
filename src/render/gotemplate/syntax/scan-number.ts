import { runeAt } from "../bytes.ts";
import { quote } from "../format/quote.ts";
import { isAlphaNumeric } from "../unicode.ts";
import type { Lexer } from "./lexer.ts";
import type { Token } from "./token.ts";

// They accept more than numbers ("." and "089"): what is none is refused when its value is taken.
const FORMS = [
  /[+-]?0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?i?/y,
  /[+-]?0[oO][0-7_]*(?:\.[0-7_]*)?i?/y,
  /[+-]?0[bB][01_]*(?:\.[01_]*)?i?/y,
  /[+-]?[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?i?/y,
];

/** Scans a number: decimal, hexadecimal, octal, binary, float, imaginary or complex (`1+2i`). */
export function scanNumber(lexer: Lexer): Token {
  if (!scanPart(lexer)) return bad(lexer);
  const sign = lexer.input[lexer.at];
  if (sign !== "+" && sign !== "-") return lexer.emit("number");
  if (!scanPart(lexer) || lexer.input[lexer.at - 1] !== "i") return bad(lexer);
  return lexer.emit("complex");
}

function bad(lexer: Lexer): Token {
  return lexer.fail(`bad number syntax: ${quote(lexer.pending)}`);
}

function scanPart(lexer: Lexer): boolean {
  lexer.at += lengthOfNumber(lexer.input, lexer.at);
  if (lexer.at >= lexer.input.length) return true;
  const { code, size } = runeAt(lexer.input, lexer.at);
  if (!isAlphaNumeric(code)) return true;
  lexer.at += size;
  return false;
}

function lengthOfNumber(input: string, at: number): number {
  for (const form of FORMS) {
    form.lastIndex = at;
    const found = form.exec(input);
    if (found !== null) return found[0].length;
  }
  return 0;
}
