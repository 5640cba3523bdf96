import { TemplateError } from "../error.ts";
import type { Lexer } from "./lexer.ts";
import { showToken, type Token, type TokenKind } from "./token.ts";

/** What a parser needs to know besides the text. */
export interface ParseEnv {
  /** The template's name in messages. */
  readonly name: string;
  readonly hasFunction: (name: string) => boolean;
  /** Why functions are not there, by name. */
  readonly hints: ReadonlyMap<string, string>;
}

const DEEPEST = 500;

/** Hands out tokens with look-ahead, and reports errors at the line read up to. */
export class TokenStream {
  readonly env: ParseEnv;
  readonly lexer: Lexer;
  #depth: number;
  readonly #pushed: Token[] = [];
  #line = 0;
  #actionLine = 0;

  constructor(env: ParseEnv, lexer: Lexer, depth: number) {
    this.env = env;
    this.lexer = lexer;
    this.#depth = depth;
  }

  get depth(): number {
    return this.#depth;
  }

  next(): Token {
    const pushed = this.#pushed.pop();
    if (pushed !== undefined) return pushed;
    const token = this.lexer.next();
    this.#line = token.line;
    const word = token.kind === "break" || token.kind === "continue";
    return word && this.env.hasFunction(token.kind) ? { ...token, kind: "identifier" } : token;
  }

  /** Puts a token back: it is the next one again. */
  backup(token: Token): void {
    this.#pushed.push(token);
  }

  peek(): Token {
    const token = this.next();
    this.backup(token);
    return token;
  }

  nextNonSpace(): Token {
    let token = this.next();
    while (token.kind === "space") token = this.next();
    return token;
  }

  peekNonSpace(): Token {
    const token = this.nextNonSpace();
    this.backup(token);
    return token;
  }

  expect(kind: TokenKind, context: string): Token {
    const token = this.nextNonSpace();
    return token.kind === kind ? token : this.unexpected(token, context);
  }

  /** Runs `parse` as the inside of an action that began on this line. */
  inAction<T>(line: number, parse: () => T): T {
    this.#actionLine = line;
    const parsed = parse();
    this.#actionLine = 0;
    return parsed;
  }

  /** Runs `parse` one level deeper; very deep nesting is an error. */
  nested<T>(parse: () => T): T {
    if (++this.#depth > DEEPEST) this.fail("nested too deeply");
    const parsed = parse();
    this.#depth--;
    return parsed;
  }

  fail(message: string): never {
    const { name } = this.env;
    throw new TemplateError({ name, line: this.#line, column: null }, `template: ${name}:${this.#line}: ${message}`);
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== "error") return this.fail(`unexpected ${showToken(token)} in ${context}`);
    const elsewhere = this.#actionLine !== 0 && this.#actionLine !== token.line;
    if (!elsewhere) return this.fail(token.text);
    const started = ` started at ${this.env.name}:${this.#actionLine}`;
    return this.fail(token.text + (token.text.endsWith(" action") ? started : ` in action${started}`));
  }
}
