import { isUtf8 } from "node:buffer";
import { createHash } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Entry, RegistryReader, Snapshot } from "../../contract.ts";
import { describeError, RegistryError } from "../../errors.ts";
import { canonicalKey, isBelow } from "../keys.ts";
import { abortable } from "../rejection.ts";
import { findFiles } from "./found.ts";
import { type Dialect, leaves, parseTree } from "./tree.ts";

/** Which files are read, and how. */
export interface FileSettings {
  /** Files, or folders of files. */
  readonly paths: readonly string[];
  /** Whether a file found in a folder is one of them, by its name. */
  readonly accepts: (name: string) => boolean;
  readonly dialect: Dialect;
}

/** Trees in YAML or JSON files; later files win. */
export class FileReader implements RegistryReader {
  readonly #settings: FileSettings;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #waiting = new Set<() => void>();

  constructor(settings: FileSettings) {
    this.#settings = settings;
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot> {
    for (;;) {
      const news = this.#news();
      try {
        const { entries, revision } = await this.#load(canonicalKey(prefix), after !== null, signal);
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

  async #load(
    prefix: string,
    watched: boolean,
    signal: AbortSignal,
  ): Promise<{ entries: Map<string, Entry>; revision: string }> {
    const { paths, accepts, dialect } = this.#settings;
    const { files, folders } = await findFiles(paths, accepts);
    if (watched) this.#watch(folders);
    const hash = createHash("sha1");
    const entries = new Map<string, Entry>();
    for (const file of files) {
      const bytes = await readFile(file, { signal }).catch((error) => {
        throw new RegistryError("unreachable", `${file} cannot be read: ${describeError(error)}`, { cause: error });
      });
      if (!isUtf8(bytes)) throw new RegistryError("refused", `${file} is no UTF-8`);
      const text = bytes.toString();
      hash.update(`${file}\0`).update(text);
      for (const [path, value] of leaves(await parseTree(file, text, dialect), "", dialect)) {
        const key = canonicalKey(path);
        if (isBelow(prefix, key)) entries.set(key, { value, version: value });
      }
    }
    return { entries, revision: hash.digest("base64") };
  }

  #watch(folders: readonly string[]): void {
    for (const folder of folders) {
      if (this.#watchers.has(folder)) continue;
      const watcher = watch(folder, { persistent: false }, () => this.#wake());
      watcher.on("error", () => this.#forget(folder));
      this.#watchers.set(folder, watcher);
    }
  }

  #forget(folder: string): void {
    this.#watchers.get(folder)?.close();
    this.#watchers.delete(folder);
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
