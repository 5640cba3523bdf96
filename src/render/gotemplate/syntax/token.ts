import { truncateRunes } from "../format/pad.ts";
import { quote } from "../format/quote.ts";

/** The words with a meaning of their own. */
export const KEYWORDS = [
  "block",
  "break",
  "continue",
  "define",
  "else",
  "end",
  "if",
  "nil",
  "range",
  "template",
  "with",
] as const;

/** A word with a meaning of its own. */
export type Keyword = (typeof KEYWORDS)[number];

/** What the lexer tells apart. */
export type TokenKind =
  | Keyword
  | "error"
  | "eof"
  | "text"
  | "left delimiter"
  | "right delimiter"
  | "space"
  | "boolean"
  | "character"
  | "char constant"
  | "complex"
  | "assign"
  | "declare"
  | "dot"
  | "field"
  | "identifier"
  | "left paren"
  | "right paren"
  | "number"
  | "pipe"
  | "raw string"
  | "string"
  | "variable";

/** A piece of a template; `text` is a byte string, of an error its message. */
export interface Token {
  readonly kind: TokenKind;
  readonly at: number;
  readonly text: string;
  readonly line: number;
}

const WORDS: ReadonlySet<string> = new Set(KEYWORDS);

/** True for the words of `KEYWORDS`. */
export function isKeyword(word: string): word is Keyword {
  return WORDS.has(word);
}

/** A token as error messages show it. */
export function showToken(token: Token): string {
  if (token.kind === "eof") return "EOF";
  if (token.kind === "error") return token.text;
  if (token.kind === "dot" || isKeyword(token.kind)) return `<${token.text}>`;
  return token.text.length > 10 ? `${quote(truncateRunes(token.text, 10))}...` : quote(token.text);
}
