import { basename, join } from "node:path";
import type { z } from "zod";
import type { Clock, Log } from "../contract.ts";
import { formatDuration } from "../core/duration.ts";
import { emptyMemory, shiftMemory } from "../core/memory.ts";
import type { Memory, Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { writeDurably } from "./durable-file.ts";
import { removeLeftovers } from "./leftovers.ts";
import { type Remembered, rememberedFile } from "./remembered.ts";
import { parseKept, readKept, setAside } from "./state-file.ts";

/** Keeps what pools remember across restarts. */
export interface Store {
  /** What was known of a pool; null when there is nothing that can be used. */
  load(pool: string, signal: AbortSignal): Promise<Remembered | null>;
  /** Something changed: soon, and not more often than once a second, `now` is asked and kept. */
  changed(pool: string, now: () => Remembered): void;
  /** Something changed that two HAProxies would be at odds about if it were forgotten: `now` is kept at once. */
  vital(pool: string, now: () => Remembered): void;
  /** Removes what is kept of pools that are none of these any more, once it is a month old. */
  tidy(pools: readonly { readonly name: string }[]): Promise<void>;
  /** Keeps everything that is not kept yet. */
  flush(): Promise<void>;
}

/** Verdicts that old say nothing of a server any more; lists and the agreed writer are kept. */
const STALE_MS: Ms = 3_600_000;
const SAVE_EVERY_MS: Ms = 1000;

/** A store that keeps nothing: there is no state_dir. */
export const noStore: Store = {
  load: async () => null,
  changed: () => {},
  vital: () => {},
  tidy: async () => {},
  flush: async () => {},
};

/** One file a pool below `dir`; a file that cannot be read is put aside with a warning. */
export function createStore(dir: string, clock: Clock, log: Log): Store {
  const shelves = new Map<string, Shelf>();
  const shelfOf = (pool: string): Shelf => {
    const shelf = shelves.get(pool) ?? new Shelf(pool, fileOf(dir, pool), clock, log);
    shelves.set(pool, shelf);
    return shelf;
  };
  return {
    load: (pool, signal) => load(fileOf(dir, pool), pool, { clock, log }, signal),
    changed: (pool, now) => shelfOf(pool).mark(now),
    vital: (pool, now) => shelfOf(pool).hurry(now),
    async tidy(pools) {
      const ours = new Set(pools.map(({ name }) => basename(fileOf(dir, name))));
      try {
        const removed = await removeLeftovers(join(dir, "pools"), ours, clock.wall());
        if (removed.length > 0)
          log("info", `${dir}: removed what was kept of pools that are gone`, { files: removed.join(" ") });
      } catch (error) {
        log("warn", `${dir}: what is kept of pools that are gone stays`, { error: describeError(error) });
      }
    },
    async flush() {
      await Promise.all([...shelves.values()].map((shelf) => shelf.flush()));
    },
  };
}

/** The file of one pool: the newest state is written, never a queue of old ones. */
class Shelf {
  readonly #pool: string;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #dirty: (() => Remembered) | null = null;
  #writing: Promise<void> | null = null;
  #cancel: (() => void) | null = null;
  #savedAt: Ms = Number.NEGATIVE_INFINITY;
  #failing = false;

  constructor(pool: string, path: string, clock: Clock, log: Log) {
    this.#pool = pool;
    this.#path = path;
    this.#clock = clock;
    this.#log = log;
  }

  mark(now: () => Remembered): void {
    this.#dirty = now;
    if (this.#writing !== null || this.#cancel !== null) return;
    const due = Math.max(this.#clock.now(), this.#savedAt + SAVE_EVERY_MS);
    this.#cancel = this.#clock.at(due, () => {
      this.#cancel = null;
      this.#start();
    });
  }

  hurry(now: () => Remembered): void {
    this.#savedAt = Number.NEGATIVE_INFINITY;
    this.#unplan();
    this.mark(now);
  }

  async flush(): Promise<void> {
    await this.#writing;
    this.#unplan();
    this.#start();
    await this.#writing;
  }

  #unplan(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  #start(): void {
    const now = this.#dirty;
    if (now === null) return;
    this.#dirty = null;
    this.#savedAt = this.#clock.now();
    this.#writing = this.#write(now()).finally(() => {
      this.#writing = null;
      if (this.#dirty !== null) this.mark(this.#dirty);
    });
  }

  async #write({ memory, lists }: Remembered): Promise<void> {
    const savedAt = this.#clock.wall();
    const kept = { version: 1, pool: this.#pool, savedAt, memory: shiftMemory(memory, savedAt - this.#savedAt), lists };
    try {
      await writeDurably(this.#path, `${JSON.stringify(kept)}\n`);
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log("warn", `${this.#path} cannot be written`, { error: describeError(error) });
      this.#failing = true;
    }
  }
}

const fileOf = (dir: string, pool: string): string => join(dir, "pools", `${encodeURIComponent(pool)}.json`);

interface Given {
  readonly clock: Clock;
  readonly log: Log;
}

async function load(path: string, pool: string, given: Given, signal: AbortSignal): Promise<Remembered | null> {
  const { log } = given;
  try {
    const text = await readKept(path, signal);
    if (text === null) return null;
    return fresh(parseKept(rememberedFile, text), path, given);
  } catch (error) {
    if (signal.aborted) throw error;
    log("warn", `${path} cannot be used: starting without it`, { pool, error: describeError(error) });
    await setAside(path).catch((why: unknown) => log("warn", `${path} stays`, { error: describeError(why) }));
    return null;
  }
}

function fresh(kept: z.infer<typeof rememberedFile>, path: string, { clock, log }: Given): Remembered {
  const memory = resumed(
    shiftMemory(kept.memory, clock.now() - clock.wall()),
    kept.savedAt - clock.wall() + clock.now(),
  );
  const ageMs = clock.wall() - kept.savedAt;
  // A file from the future tells of a clock that was set back: nobody knows how old it is.
  if (ageMs >= -SAVE_EVERY_MS && ageMs <= STALE_MS) return { memory, lists: kept.lists };
  const age = ageMs < 0 ? "from the future" : `${formatDuration(ageMs)} old`;
  log("warn", `${path} is ${age}: its verdicts are not used, its lists are`, { pool: kept.pool });
  const { writer, writerSince, lineage, ousted, served, weighed } = memory;
  const lasting = { writer, writerSince, lineage, ousted, served, weighed };
  return { memory: { ...emptyMemory, ...lasting }, lists: kept.lists };
}

/** A hand-over that was not over when we ended begins anew: HAProxy has heard nothing in the meantime. */
function resumed(memory: Memory, savedAt: Ms): Memory {
  const { handoverUntil } = memory;
  return handoverUntil !== null && handoverUntil > savedAt ? { ...memory, handoverUntil: null } : memory;
}
