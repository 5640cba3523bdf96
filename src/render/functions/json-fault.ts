import { encodeRune } from "../gotemplate/bytes.ts";
import { quote } from "../gotemplate/format/quote.ts";

/** Arrays and objects inside each other, at most. */
export const DEEPEST = 1000;

const SPACE = /[ \t\r\n]*/y;
const NUMBER_PARTS = [/-?(?:0|[1-9][0-9]*)/y, /\.[0-9]+/y, /[eE][+-]?[0-9]+/y];

/** What stops the scanner; the message is Go's. */
class Fault extends Error {}

/** Reads JSON only to find where it goes wrong, and says so in the words of Go's encoding/json. */
class Scanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): void {
    this.#value("looking for beginning of value");
    this.#space();
    if (this.#at < this.#text.length) this.#wrong("after top-level value");
  }

  #wrong(context: string): never {
    const char = this.#text[this.#at];
    throw new Fault(
      char === undefined ? "unexpected end of JSON input" : `invalid character ${shown(char)} ${context}`,
    );
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
  }

  #value(context: string): void {
    this.#space();
    if (++this.#depth > DEEPEST) throw new Fault("exceeded max depth");
    const char = this.#text[this.#at];
    if (char === "{") this.#object();
    else if (char === "[") this.#array();
    else if (char === '"') this.#string();
    else if (char === "t") this.#word("true");
    else if (char === "f") this.#word("false");
    else if (char === "n") this.#word("null");
    else if (char !== undefined && /[-0-9]/.test(char)) this.#number();
    else this.#wrong(context);
    this.#depth--;
  }

  #take(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #object(): void {
    this.#at++;
    if (this.#take("}")) return;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#wrong("looking for beginning of object key string");
      this.#string();
      if (!this.#take(":")) this.#wrong("after object key");
      this.#value("looking for beginning of value");
    } while (this.#take(","));
    if (!this.#take("}")) this.#wrong("after object key:value pair");
  }

  #array(): void {
    this.#at++;
    if (this.#take("]")) return;
    do this.#value("looking for beginning of value");
    while (this.#take(","));
    if (!this.#take("]")) this.#wrong("after array element");
  }

  #string(): void {
    for (this.#at++; this.#text[this.#at] !== '"'; this.#at++) {
      const char = this.#text[this.#at];
      if (char === undefined || char < " ") this.#wrong("in string literal");
      if (char === "\\") this.#escape();
    }
    this.#at++;
  }

  #escape(): void {
    this.#at++;
    if (!/["\\/bfnrtu]/.test(this.#text[this.#at] ?? "")) this.#wrong("in string escape code");
    if (this.#text[this.#at] !== "u") return;
    for (let i = 0; i < 4; i++) {
      this.#at++;
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? "")) this.#wrong("in \\u hexadecimal character escape");
    }
  }

  #word(word: string): void {
    for (const char of word) {
      if (this.#text[this.#at] !== char) this.#wrong(`in literal ${word} (expecting ${shown(char)})`);
      this.#at++;
    }
  }

  #number(): void {
    const contexts = ["in numeric literal", "after decimal point in numeric literal", "in exponent of numeric literal"];
    for (const [i, part] of NUMBER_PARTS.entries()) {
      part.lastIndex = this.#at;
      const found = part.exec(this.#text)?.[0];
      this.#at += found?.length ?? 0;
      if (found !== undefined || !/[-.eE]/.test(this.#text[this.#at] ?? "") || !startsPart(i, this.#text[this.#at]))
        continue;
      this.#at++;
      if (i === 2 && /[+-]/.test(this.#text[this.#at] ?? "")) this.#at++;
      this.#wrong(contexts[i] ?? "");
    }
  }
}

function startsPart(part: number, char: string | undefined): boolean {
  return part === 0 ? char === "-" : part === 1 ? char === "." : char === "e" || char === "E";
}

function shown(char: string): string {
  if (char === "'") return "'\\''";
  return char === '"' ? "'\"'" : `'${quote(encodeRune(char.charCodeAt(0))).slice(1, -1)}'`;
}

/** What Go would say about this broken JSON; null when nothing is wrong with it. */
export function jsonFault(text: string): string | null {
  try {
    new Scanner(text).document();
    return null;
  } catch (error) {
    if (error instanceof Fault) return error.message;
    throw error;
  }
}
