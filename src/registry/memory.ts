import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { defineRegistry, type Op, type Registry, type Session } from "../contract.ts";
import { describeError, RegistryError } from "../errors.ts";
import { canonicalKey, isBelow } from "./keys.ts";
import { asUnreachable } from "./rejection.ts";

const options = z.strictObject({
  file: z
    .string()
    .optional()
    .describe(
      "JSON file behind it, so that values survive a restart; default none: values live as long as the process",
    ),
});

interface Cell {
  readonly value: string;
  readonly version: number;
  readonly session: Session | null;
}

const stored = z.record(z.string(), z.string());

function load(file: string | undefined): Map<string, Cell> {
  if (file === undefined) return new Map();
  try {
    const values = stored.parse(JSON.parse(readFileSync(file, "utf8")));
    return new Map(Object.entries(values).map(([key, value]) => [key, { value, version: 1, session: null }]));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return new Map();
    throw new RegistryError(
      "refused",
      `the memory registry's file ${file} cannot be read; move it away to start empty`,
      { cause: error },
    );
  }
}

/** Values that hang on a session are not written: no session outlives the process. */
function save(file: string, cells: ReadonlyMap<string, Cell>): void {
  const values = Object.fromEntries(
    [...cells].filter(([, cell]) => cell.session === null).map(([key, cell]) => [key, cell.value]),
  );
  try {
    const fd = openSync(`${file}.new`, "w", 0o600);
    try {
      writeFileSync(fd, JSON.stringify(values));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(`${file}.new`, file);
  } catch (error) {
    throw new RegistryError("unreachable", `the memory registry's file cannot be written: ${describeError(error)}`, {
      cause: error,
    });
  }
}

class MemoryRegistry implements Registry {
  readonly maxOps = 1024;
  readonly services = null;
  readonly #file: string | undefined;
  #cells: Map<string, Cell> | null = null;
  #revision = 1;
  readonly #waiting = new Set<() => void>();

  constructor(file: string | undefined) {
    this.#file = file;
  }

  // Nothing is read before first use.
  get #data(): Map<string, Cell> {
    this.#cells ??= load(this.#file);
    return this.#cells;
  }

  async read(prefix: string, after: string | null, signal: AbortSignal) {
    const below = canonicalKey(prefix);
    if (after !== null) await this.#newsBelow(below, Number(after), signal);
    const found = [...this.#data].filter(([key]) => isBelow(below, key));
    return {
      entries: new Map(found.map(([key, cell]) => [key, { value: cell.value, version: String(cell.version) }])),
      revision: String(this.#revision),
      fresh: true,
    };
  }

  readonly #changedAt = new Map<string, number>();

  async #newsBelow(prefix: string, after: number, signal: AbortSignal): Promise<void> {
    const news = (): boolean =>
      [...this.#changedAt].some(([key, revision]) => revision > after && isBelow(prefix, key));
    while (!news()) {
      if (signal.aborted) throw asUnreachable(signal.reason);
      await new Promise<void>((done) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal.removeEventListener("abort", wake);
          done();
        };
        this.#waiting.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      });
    }
  }

  async commit(ops: readonly Op[]) {
    const conflicts = ops.filter((op) => !this.#fits(op)).map((op) => op.key);
    if (conflicts.length > 0) return { conflicts };
    this.#change(ops);
    return { conflicts };
  }

  #fits({ key, expect, session }: Op): boolean {
    if (session?.lost.aborted) return false;
    const cell = this.#data.get(canonicalKey(key));
    if (expect === "any") return true;
    return expect === "absent" ? cell === undefined : String(cell?.version) === expect;
  }

  #change(ops: readonly Op[]): void {
    const revision = this.#revision + 1;
    // What cannot be stored has not happened.
    const next = this.#file === undefined ? this.#data : new Map(this.#data);
    for (const op of ops) {
      const key = canonicalKey(op.key);
      if ("put" in op) next.set(key, { value: op.put, version: revision, session: op.session });
      else next.delete(key);
    }
    if (this.#file !== undefined) save(this.#file, next);
    this.#cells = next;
    this.#revision = revision;
    for (const { key } of ops) this.#changedAt.set(canonicalKey(key), revision);
    for (const wake of [...this.#waiting]) wake();
  }

  async session(): Promise<Session> {
    const lost = new AbortController();
    const session: Session = {
      lost: lost.signal,
      close: async () => {
        lost.abort(new RegistryError("unreachable", "the session was closed"));
        const own = [...this.#data].filter(([, cell]) => cell.session === session).map(([key]) => key);
        if (own.length > 0) this.#change(own.map((key) => ({ key, expect: "any", session: null, remove: true })));
      },
    };
    return session;
  }

  async close(): Promise<void> {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** The registry inside the daemon: the default where no server is wanted. */
export const memory = defineRegistry({
  name: "memory",
  summary: "values inside the daemon, with an optional file behind them",
  options,
  facts: {},
  create: ({ file }) => new MemoryRegistry(file),
});
