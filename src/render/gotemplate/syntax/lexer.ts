import { scanAction } from "./scan-action.ts";
import type { Token, TokenKind } from "./token.ts";

/** What begins an action. */
export const OPEN = "{{";
/** What ends an action. */
export const CLOSE = "}}";
const COMMENT_OPEN = "/*";
const COMMENT_CLOSE = "*/";

/** True for the four characters that count as space. */
export function isSpace(char: string | undefined): boolean {
  return char === " " || char === "\t" || char === "\r" || char === "\n";
}

/** Cuts a template (a byte string) into tokens, one at each call of `next`. */
export class Lexer {
  readonly input: string;
  /** Where the scanner is, and where the present token begins. */
  at = 0;
  depth = 0;
  #start = 0;
  #line = 1;
  #startLine = 1;
  #inAction = false;
  #ended = false;

  constructor(input: string) {
    this.input = input;
  }

  /** The next token; after an error or the end, the end for ever. */
  next(): Token {
    if (this.#ended) return this.emit("eof");
    const token = this.#inAction ? scanAction(this) : this.#scanText();
    if (token.kind === "error" || token.kind === "eof") this.#ended = true;
    return token;
  }

  /** Ends the present token here. */
  emit(kind: TokenKind): Token {
    const token = { kind, at: this.#start, text: this.input.slice(this.#start, this.at), line: this.#startLine };
    this.ignore();
    return token;
  }

  /** An error token; scanning ends with it. */
  fail(message: string): Token {
    return { kind: "error", at: this.#start, text: message, line: this.#startLine };
  }

  /** Drops what was scanned since the last token, counting its lines. */
  ignore(): void {
    for (let i = this.#start; i < this.at; i++) if (this.input.charCodeAt(i) === 10) this.#line++;
    this.#start = this.at;
    this.#startLine = this.#line;
  }

  /** What has been scanned of the present token. */
  get pending(): string {
    return this.input.slice(this.#start, this.at);
  }

  /** How the action ends at `at`: not at all, plainly, or trimming the text that follows. */
  closing(at = this.at): "no" | "plain" | "trim" {
    if (isSpace(this.input[at]) && this.input[at + 1] === "-" && this.input.startsWith(CLOSE, at + 2)) return "trim";
    return this.input.startsWith(CLOSE, at) ? "plain" : "no";
  }

  /** Scans the closing mark, which is known to be here, and the space it trims. */
  close(): Token {
    const trims = this.closing() === "trim";
    if (trims) this.#skip(2);
    this.at += CLOSE.length;
    const token = this.emit("right delimiter");
    this.#inAction = false;
    if (trims) this.#skipSpace();
    return token;
  }

  #scanText(): Token {
    const open = this.input.indexOf(OPEN, this.at);
    if (open < 0) {
      this.at = this.input.length;
      return this.#start < this.at ? this.emit("text") : this.emit("eof");
    }
    const trims = this.#trimsBefore(open + OPEN.length);
    let end = open;
    while (trims && end > this.#start && isSpace(this.input[end - 1])) end--;
    this.at = end;
    if (end > this.#start) return this.emit("text");
    this.at = open;
    this.ignore();
    return this.#scanOpen(trims ? 2 : 0);
  }

  #trimsBefore(at: number): boolean {
    return this.input[at] === "-" && isSpace(this.input[at + 1]);
  }

  #scanOpen(marker: number): Token {
    if (this.input.startsWith(COMMENT_OPEN, this.at + OPEN.length + marker)) return this.#scanComment(marker);
    this.at += OPEN.length;
    const token = this.emit("left delimiter");
    this.#skip(marker);
    this.#inAction = true;
    this.depth = 0;
    return token;
  }

  #scanComment(marker: number): Token {
    this.#skip(OPEN.length + marker);
    const end = this.input.indexOf(COMMENT_CLOSE, this.at + COMMENT_OPEN.length);
    if (end < 0) return this.fail("unclosed comment");
    this.at = end + COMMENT_CLOSE.length;
    const closing = this.closing();
    if (closing === "no") return this.fail("comment ends before closing delimiter");
    this.#skip(CLOSE.length + (closing === "trim" ? 2 : 0));
    if (closing === "trim") this.#skipSpace();
    return this.#scanText();
  }

  #skip(count: number): void {
    this.at += count;
    this.ignore();
  }

  #skipSpace(): void {
    while (isSpace(this.input[this.at])) this.at++;
    this.ignore();
  }
}
