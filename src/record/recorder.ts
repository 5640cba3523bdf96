import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { RecordSettings } from "../config/settings.ts";
import type { Board, Clock, Log } from "../contract.ts";
import type { Input } from "../core/types.ts";
import type { Observer } from "../engine/inside.ts";
import { describeError } from "../errors.ts";
import { essence, type RecordLine } from "./line.ts";

const FLUSH_MS = 1000;
const FLUSH_BYTES = 65_536;

/** Writes everything that reaches the pools, for `checkd replay`. It never stops or slows what it watches. */
export interface Recorder extends Observer {
  /** From now on this file, or none. */
  use(settings: RecordSettings | null, board: Board): void;
  close(): void;
}

/** Last inputs of a pool that a new file begins with. */
interface Carried {
  configured: Input | null;
  listed: Input | null;
  readonly observed: Map<string, Input>;
  readonly ordered: Map<string, Input>;
}

class FileRecorder implements Recorder {
  readonly #clock: Clock;
  readonly #log: Log;
  #settings: RecordSettings | null = null;
  #board: Board | null = null;
  #fd: number | null = null;
  #size = 0;
  #buffer: string[] = [];
  #buffered = 0;
  #cancel = (): void => {};
  readonly #carried = new Map<string, Carried>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  use(settings: RecordSettings | null, board: Board): void {
    this.#board = board;
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return;
    this.close();
    this.#settings = settings;
    if (settings === null) return;
    mkdirSync(dirname(settings.file), { recursive: true });
    this.#open(settings);
    if (this.#carried.size > 0) this.#head();
  }

  began(pool: string, group: string | null, memory: Parameters<NonNullable<Observer["began"]>>[2]): void {
    this.#carried.set(pool, { configured: null, listed: null, observed: new Map(), ordered: new Map() });
    this.#line({ pool, began: { group, memory } });
  }

  took(pool: string, input: Input): void {
    const carried = this.#carried.get(pool);
    if (carried !== undefined) carry(carried, input);
    this.#line({ pool, input });
  }

  changed(pool: string, target: string, _: unknown, now: Parameters<typeof essence>[0]): void {
    this.#line({ pool, target, at: this.#clock.now(), verdict: essence(now) });
  }

  ended(pool: string): void {
    this.#carried.delete(pool);
  }

  close(): void {
    this.#flush();
    // The last flush may have begun a new file: its head is to be in it.
    this.#flush();
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
    this.#settings = null;
  }

  #line(line: RecordLine): void {
    if (this.#settings === null) return;
    const text = `${JSON.stringify(line)}\n`;
    this.#buffer.push(text);
    this.#buffered += text.length;
    if (this.#buffered >= FLUSH_BYTES) this.#flush();
    else if (this.#buffer.length === 1)
      this.#cancel = this.#clock.at(this.#clock.now() + FLUSH_MS, () => this.#flush());
  }

  #flush(): void {
    this.#cancel();
    const settings = this.#settings;
    if (settings === null || this.#fd === null || this.#buffer.length === 0) return;
    const text = this.#buffer.join("");
    this.#buffer = [];
    this.#buffered = 0;
    try {
      this.#size += writeSync(this.#fd, text);
      if (this.#size >= settings.rotateBytes) this.#rotate(settings);
    } catch (error) {
      // A full disk ends the record, not the service.
      this.#log("error", `the record ${settings.file} cannot be written and ends here: ${describeError(error)}`);
      closeSync(this.#fd);
      this.#fd = null;
    }
  }

  #open(settings: RecordSettings): void {
    this.#fd = openSync(settings.file, "a", 0o640);
    this.#size = statSync(settings.file).size;
  }

  #rotate(settings: RecordSettings): void {
    if (this.#fd !== null) closeSync(this.#fd);
    rmSync(`${settings.file}.${settings.keep - 1}`, { force: true });
    for (let each = settings.keep - 2; each >= 0; each -= 1) {
      const from = each === 0 ? settings.file : `${settings.file}.${each}`;
      if (statSync(from, { throwIfNoEntry: false }) !== undefined) renameSync(from, `${settings.file}.${each + 1}`);
    }
    if (settings.keep === 1) rmSync(settings.file, { force: true });
    this.#open(settings);
    this.#head();
  }

  /** A new file can be replayed alone: it begins with what each pool knows. */
  #head(): void {
    for (const [pool, carried] of this.#carried) {
      const view = this.#board?.pool(pool) ?? null;
      this.#line({ pool, began: { group: view?.group ?? null, memory: view?.memory ?? null } });
      const inputs = [carried.configured, carried.listed, ...carried.ordered.values(), ...carried.observed.values()];
      for (const input of inputs) if (input !== null) this.#line({ pool, input, carried: true });
    }
  }
}

function carry(carried: Carried, input: Input): void {
  switch (input.kind) {
    case "configured":
      carried.configured = input;
      break;
    case "listed":
      carried.listed = input;
      break;
    case "observed":
      carried.observed.set(`${input.target}/${input.check}`, input);
      break;
    case "ordered":
      carried.ordered.set(input.target, input);
      break;
    case "heard":
    case "woken":
      break;
    default:
      input satisfies never;
  }
}

/** A recorder that writes nothing yet. */
export const createRecorder = (clock: Clock, log: Log): Recorder => new FileRecorder(clock, log);
