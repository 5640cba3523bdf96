import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { z } from "zod";
import { defineRegistry, type Entry, type RegistryReader, type Snapshot } from "../contract.ts";
import { describeError, RegistryError } from "../errors.ts";
import { canonicalKey, isBelow } from "./keys.ts";
import { abortable } from "./rejection.ts";

const options = z.strictObject({
  files: z
    .union([z.string(), z.array(z.string()).min(1)])
    .transform((given) => (Array.isArray(given) ? given : [given]))
    .describe("YAML or JSON files whose trees become keys: maps by name, lists by index; later files win; required"),
});

type Tree = string | number | boolean | null | readonly Tree[] | { readonly [name: string]: Tree };

/** Every leaf of a tree with its path; lists count from 0. */
export function* leaves(tree: Tree, path: string): Generator<[string, string]> {
  if (tree === null) yield [path, ""];
  else if (typeof tree !== "object") yield [path, String(tree)];
  else for (const [name, child] of Object.entries(tree)) yield* leaves(child, `${path}/${name}`);
}

class FileReader implements RegistryReader {
  readonly #files: readonly string[];
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #waiting = new Set<() => void>();

  constructor(files: readonly string[]) {
    this.#files = files;
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot> {
    if (after !== null) this.#watch();
    for (;;) {
      const news = this.#news();
      try {
        const { entries, revision } = await this.#load(canonicalKey(prefix), signal);
        if (revision !== after) return { entries, revision, fresh: true };
        await abortable(news.arrived, signal);
      } finally {
        news.forget();
      }
    }
  }

  /** Begins to listen before the files are read, so that no change falls between. */
  #news(): { readonly arrived: Promise<void>; forget(): void } {
    let arrive = (): void => {};
    const arrived = new Promise<void>((done) => {
      arrive = done;
    });
    this.#waiting.add(arrive);
    return { arrived, forget: () => this.#waiting.delete(arrive) };
  }

  async #load(prefix: string, signal: AbortSignal): Promise<{ entries: Map<string, Entry>; revision: string }> {
    const [{ parse }, { createHash }] = await Promise.all([import("yaml"), import("node:crypto")]);
    const hash = createHash("sha1");
    const entries = new Map<string, Entry>();
    for (const file of this.#files) {
      const text = await readFile(file, { encoding: "utf8", signal }).catch((error) => {
        throw new RegistryError("unreachable", `${file} cannot be read: ${describeError(error)}`, { cause: error });
      });
      hash.update(text);
      for (const [path, value] of leaves(parseTree(parse, file, text), "")) {
        const key = canonicalKey(path);
        if (isBelow(prefix, key)) entries.set(key, { value, version: value });
      }
    }
    return { entries, revision: hash.digest("base64") };
  }

  // The folder is watched, not the file: editors and deployments replace files instead of writing into them.
  #watch(): void {
    for (const file of this.#files) {
      if (this.#watchers.has(file)) continue;
      const watcher = watch(dirname(file), { persistent: false }, (_, name) => {
        if (name === null || name === basename(file)) this.#wake();
      });
      watcher.on("error", () => this.#forget(file));
      this.#watchers.set(file, watcher);
    }
  }

  #forget(file: string): void {
    this.#watchers.get(file)?.close();
    this.#watchers.delete(file);
    this.#wake();
  }

  #wake(): void {
    for (const done of this.#waiting) done();
    this.#waiting.clear();
  }

  async close(): Promise<void> {
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }
}

function parseTree(parse: (text: string) => unknown, file: string, text: string): Tree {
  try {
    return parse(text) as Tree;
  } catch (error) {
    throw new RegistryError("refused", `${file} is no YAML or JSON: ${describeError(error)}`, { cause: error });
  }
}

/** Trees in YAML or JSON files. */
export const file = defineRegistry({
  name: "file",
  summary: "YAML or JSON files, read only",
  options,
  facts: {},
  create: ({ files }) => new FileReader(files),
});
