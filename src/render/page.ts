import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { Clock } from "../contract.ts";
import { describeError } from "../errors.ts";
import { textOf } from "../registry/text.ts";
import { confdFunctions, NOT_OFFERED } from "./functions/confd.ts";
import { Lookups, withLookups } from "./functions/lookup.ts";
import { parse, type Template } from "./gotemplate/template.ts";
import { KeyReads } from "./key-reads.ts";
import type { Keys } from "./keys.ts";

/** A template that cannot be read, or is none. */
export class PageError extends Error {
  override readonly name = "PageError";
}

/** What a page works with. */
export interface PageEnv {
  readonly clock: Clock;
  /** Variables that templates may ask for. */
  readonly env: NodeJS.ProcessEnv;
  /** It is rendered once, so that nothing is kept for a next time; default false. */
  readonly once?: boolean;
}

/** A template file over keys; read again each time, compiled again only when it changed. */
export class Page {
  readonly #file: string;
  readonly #keys: Keys;
  readonly #clock: Clock;
  readonly #env: NodeJS.ProcessEnv;
  #text: string | null = null;
  #template: Template | null = null;
  #lookups: Lookups;
  readonly #reads: KeyReads | undefined;

  constructor(file: string, keys: Keys, { clock, env, once = false }: PageEnv) {
    this.#file = file;
    this.#keys = keys;
    this.#reads = once ? undefined : new KeyReads();
    keys.reads = this.#reads ?? null;
    this.#clock = clock;
    this.#env = env;
    this.#lookups = new Lookups({ clock });
  }

  /** Tells the text of the template last used from every other. */
  get digest(): string {
    return createHash("sha1")
      .update(this.#text ?? "")
      .digest("base64");
  }

  /** Reads and compiles the file, so that what is wrong with it is known before there are keys. Throws a PageError. */
  prepare(): void {
    this.#compiled();
  }

  /** The output. Throws a PageError or a TemplateError. */
  async render(signal: AbortSignal): Promise<Buffer> {
    const template = this.#compiled();
    let asked = false;
    const attempt = (): Buffer => {
      try {
        return template.execute(undefined, {}, this.#reads);
      } finally {
        asked ||= this.#lookups.pending;
      }
    };
    try {
      return await withLookups(this.#lookups, attempt, signal);
    } finally {
      // Answers of the name service must not grow old, and the template holds on to who gave them.
      if (asked) this.#template = null;
    }
  }

  #compiled(): Template {
    const text = this.#read();
    if (this.#template !== null && text === this.#text) return this.#template;
    this.#lookups = new Lookups({ clock: this.#clock });
    const functions = confdFunctions({ keys: this.#keys, env: this.#env, lookups: this.#lookups });
    try {
      this.#template = parse(basename(this.#file), text, { functions, hints: NOT_OFFERED });
    } catch (error) {
      throw new PageError(`Unable to process template ${this.#file}, ${describeError(error)}`, { cause: error });
    }
    this.#text = text;
    return this.#template;
  }

  #read(): string {
    try {
      return textOf(readFileSync(this.#file));
    } catch (error) {
      throw new PageError(`Missing template: ${this.#file}`, { cause: error });
    }
  }
}
