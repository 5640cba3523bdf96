import { runeAt } from "../bytes.ts";
import { showCodePoint } from "../format/integer.ts";
import { isAlphaNumeric } from "../unicode.ts";
import { CLOSE, isSpace, type Lexer } from "./lexer.ts";
import { scanNumber } from "./scan-number.ts";
import { isKeyword, type Token, type TokenKind } from "./token.ts";

const SINGLES: ReadonlyMap<string, TokenKind> = new Map([
  ["=", "assign"],
  ["|", "pipe"],
]);

/** The next token inside an action. */
export function scanAction(lexer: Lexer): Token {
  if (lexer.depth < 0) return lexer.fail(`unexpected right paren ${showCodePoint(0x29n)}`);
  if (lexer.closing() !== "no") return lexer.depth === 0 ? lexer.close() : lexer.fail("unclosed left paren");
  const char = lexer.input[lexer.at];
  if (char === undefined) return lexer.fail("unclosed action");
  if (isSpace(char)) return scanSpace(lexer);
  const single = SINGLES.get(char);
  if (single !== undefined) return take(lexer, 1, single);
  if (char === "(" || char === ")") return scanParen(lexer, char);
  if (char === ":") return scanDeclare(lexer);
  if (char === '"' || char === "'") return scanQuoted(lexer, char);
  if (char === "`") return scanRaw(lexer);
  if (char === "$") return scanName(lexer, "variable");
  return scanWord(lexer, char);
}

function scanWord(lexer: Lexer, char: string): Token {
  const next = lexer.input[lexer.at + 1];
  if (char === "." && next !== undefined && !isDigit(next)) return scanName(lexer, "field");
  if (char === "." || char === "+" || char === "-" || isDigit(char)) return scanNumber(lexer);
  const { code } = runeAt(lexer.input, lexer.at);
  if (isAlphaNumeric(code)) return scanIdentifier(lexer);
  if (code > 0x20 && code < 0x7f) return take(lexer, 1, "character");
  return lexer.fail(`unrecognized character in action: ${showCodePoint(BigInt(code))}`);
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}

function take(lexer: Lexer, bytes: number, kind: TokenKind): Token {
  lexer.at += bytes;
  return lexer.emit(kind);
}

function scanSpace(lexer: Lexer): Token {
  const start = lexer.at;
  while (isSpace(lexer.input[lexer.at])) lexer.at++;
  // The last of the spaces may belong to a closing mark that trims.
  if (lexer.closing(lexer.at - 1) === "trim") lexer.at--;
  return lexer.at === start ? lexer.close() : lexer.emit("space");
}

function scanParen(lexer: Lexer, char: string): Token {
  lexer.depth += char === "(" ? 1 : -1;
  return take(lexer, 1, char === "(" ? "left paren" : "right paren");
}

function scanDeclare(lexer: Lexer): Token {
  return lexer.input[lexer.at + 1] === "=" ? take(lexer, 2, "declare") : lexer.fail("expected :=");
}

function scanQuoted(lexer: Lexer, mark: string): Token {
  const what = mark === '"' ? "quoted string" : "character constant";
  for (lexer.at++; ; lexer.at++) {
    if (lexer.input[lexer.at] === "\\") lexer.at++;
    else if (lexer.input[lexer.at] === mark) return take(lexer, 1, mark === '"' ? "string" : "char constant");
    const char = lexer.input[lexer.at];
    if (char === undefined || char === "\n") return lexer.fail(`unterminated ${what}`);
  }
}

function scanRaw(lexer: Lexer): Token {
  const end = lexer.input.indexOf("`", lexer.at + 1);
  if (end < 0) return lexer.fail("unterminated raw quoted string");
  return take(lexer, end + 1 - lexer.at, "raw string");
}

function skipAlphaNumeric(lexer: Lexer): void {
  while (lexer.at < lexer.input.length) {
    const { code, size } = runeAt(lexer.input, lexer.at);
    if (!isAlphaNumeric(code)) return;
    lexer.at += size;
  }
}

function atTerminator(lexer: Lexer): boolean {
  const char = lexer.input[lexer.at];
  return char === undefined || isSpace(char) || ".,|:)(".includes(char) || lexer.input.startsWith(CLOSE, lexer.at);
}

function badCharacter(lexer: Lexer): Token {
  return lexer.fail(`bad character ${showCodePoint(BigInt(runeAt(lexer.input, lexer.at).code))}`);
}

function scanName(lexer: Lexer, kind: "field" | "variable"): Token {
  lexer.at++;
  if (atTerminator(lexer)) return lexer.emit(kind === "field" ? "dot" : "variable");
  skipAlphaNumeric(lexer);
  return atTerminator(lexer) ? lexer.emit(kind) : badCharacter(lexer);
}

function scanIdentifier(lexer: Lexer): Token {
  skipAlphaNumeric(lexer);
  if (!atTerminator(lexer)) return badCharacter(lexer);
  const word = lexer.pending;
  if (isKeyword(word)) return lexer.emit(word);
  return lexer.emit(word === "true" || word === "false" ? "boolean" : "identifier");
}
