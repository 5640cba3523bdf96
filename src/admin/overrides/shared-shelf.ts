import type { OverrideSettings } from "../../config/settings.ts";
import type { Clock, Log, Registry } from "../../contract.ts";
import type { TargetId } from "../../core/types.ts";
import type { KeptOrder, KeptOrders, OrderShelf } from "../../engine/order-shelf.ts";
import { describeError } from "../../errors.ts";
import { createLoop, type Loop } from "../../outlets/loop.ts";
import type { Followed } from "../../registry/follow.ts";
import { hubOf } from "../../registry/hub.ts";
import { canonicalKey } from "../../registry/keys.ts";
import { idOfKey, isHistory, isNewer, isOver, keyOfId, type Note, ordersOf, readNote, writeNote } from "./note.ts";
import { loadNotes, saveNotes } from "./note-file.ts";

/** What a shared shelf is made of. */
export interface SharedShelfGiven {
  readonly clock: Clock;
  readonly log: Log;
  /** Where orders are kept on this machine. */
  readonly own: OrderShelf;
  /** Where the words of all daemons are kept on this machine; null: they last as long as the process. */
  readonly file: string | null;
  registry(name: string): Registry;
}

interface Shared {
  readonly registry: Registry;
  readonly prefix: string;
  readonly ended: AbortController;
  readonly loop: Loop;
  /** What the registry holds; null: not read yet. */
  found: Map<TargetId, { readonly note: Note | null; readonly version: string }> | null;
}

/**
 * Orders of this daemon, and of all others that name the same registry and prefix. Each order and each end of one is a note
 * that stays: what is missing in the registry ends nothing, so an emptied prefix is filled again, and while the registry is
 * away the last known orders stand and new ones wait on this machine.
 */
export class SharedShelf implements OrderShelf {
  readonly #given: SharedShelfGiven;
  #notes = new Map<TargetId, Note>();
  /** What others say is compared with what was kept, so that is read first. */
  #loaded = false;
  #shared: Shared | null = null;
  #settings: OverrideSettings | null = null;
  #see: ((orders: KeptOrders) => void) | null = null;
  #saved: Promise<unknown> = Promise.resolve();

  constructor(given: SharedShelfGiven) {
    this.#given = given;
  }

  /** From now on orders are shared there; null: with nobody. */
  use(settings: OverrideSettings | null): void {
    const was = this.#settings;
    if (was?.registry === settings?.registry && was?.prefix === settings?.prefix) return;
    this.#settings = settings;
    this.#leave();
    if (settings !== null) this.#join(settings);
  }

  /** No more reading and writing in the registry. */
  async close(): Promise<void> {
    const loop = this.#shared?.loop;
    this.#leave();
    await loop?.stop();
    await this.#saved;
  }

  async load(signal: AbortSignal): Promise<KeptOrders> {
    const { file, own, clock } = this.#given;
    try {
      if (file !== null) this.#notes = await loadNotes(file, signal);
      for (const [id, order] of await own.load(signal))
        if (!this.#notes.has(id)) this.#notes.set(id, { order, at: order.since, by: "" });
    } finally {
      this.#loaded = true;
      this.#merge();
    }
    return ordersOf(this.#notes, clock.wall());
  }

  async put(id: TargetId, order: KeptOrder | null, signal: AbortSignal, by = ""): Promise<void> {
    const { clock, own } = this.#given;
    const was = this.#notes.get(id);
    await own.put(id, order, signal);
    // An order that ran out needs no word: every daemon has a clock.
    if (order === null && was?.order != null && isOver(was.order, clock.wall())) return;
    this.#notes.set(id, { order, at: Math.max(Math.floor(clock.wall()), (was?.at ?? 0) + 1), by });
    await this.#save();
    this.#shared?.loop.mark();
  }

  follow(see: (orders: KeptOrders) => void, signal: AbortSignal): void {
    this.#see = see;
    signal.addEventListener("abort", () => void this.close(), { once: true });
  }

  #join({ registry: name, prefix: given }: OverrideSettings): void {
    const { clock, log } = this.#given;
    const registry = this.#given.registry(name);
    const prefix = canonicalKey(given);
    const ended = new AbortController();
    let complained = false;
    const loop = createLoop({
      clock,
      work: async (signal) => {
        await this.#send(signal);
        complained = false;
      },
      failed: (error) => {
        if (!complained) log("warn", `orders are not shared now, they wait here: ${describeError(error)}`);
        complained = true;
      },
    });
    this.#shared = { registry, prefix, ended, loop, found: null };
    hubOf(registry, { clock, log, name }).watch(prefix, (now) => this.#found(now), ended.signal);
  }

  #leave(): void {
    this.#shared?.ended.abort();
    void this.#shared?.loop.stop();
    this.#shared = null;
  }

  /** Other keys than ours may lie there; a value that makes no sense is replaced by what we know, if we know anything. */
  #found({ state, snapshot }: Followed): void {
    const shared = this.#shared;
    if (shared === null || state !== "current" || snapshot === null) return;
    shared.found = new Map();
    for (const [key, { value, version }] of snapshot.entries) {
      const id = idOfKey(shared.prefix, key);
      const note = readNote(value);
      if (id !== null) shared.found.set(id, { note, version });
      if (id === null || note === null) this.#given.log("warn", `${key}: this is no order and is not followed`);
    }
    this.#merge();
  }

  #merge(): void {
    const { clock } = this.#given;
    const found = this.#shared?.found ?? null;
    if (found === null || !this.#loaded) return;
    const before = ordersOf(this.#notes, clock.wall());
    let changed = false;
    for (const [id, { note }] of found) {
      if (note === null || !isNewer(note, this.#notes.get(id)) || isHistory(note, clock.wall())) continue;
      this.#notes.set(id, note);
      changed = true;
    }
    if (changed) this.#adopt(before);
    if (this.#unsent().length > 0) this.#shared?.loop.mark();
  }

  /** Others have spoken: what they said is kept here too, and shown. */
  #adopt(before: KeptOrders): void {
    const { own, log, clock } = this.#given;
    const now = ordersOf(this.#notes, clock.wall());
    const signal = new AbortController().signal;
    const keep = async (): Promise<void> => {
      for (const id of new Set([...before.keys(), ...now.keys()]))
        if (before.get(id) !== now.get(id)) await own.put(id, now.get(id) ?? null, signal);
    };
    this.#saved = Promise.all([this.#saved, keep(), this.#save()]).catch((error: unknown) =>
      log("warn", "orders of other daemons could not be kept here", { error: describeError(error) }),
    );
    this.#see?.(now);
  }

  async #save(): Promise<void> {
    const { file, clock } = this.#given;
    for (const [id, note] of this.#notes) if (isHistory(note, clock.wall())) this.#notes.delete(id);
    if (file === null) return;
    const saving = this.#saved.then(() => saveNotes(file, this.#notes));
    this.#saved = saving.catch(() => {}); // whoever waits is told; the next one writes everything anyway
    await saving;
  }

  #unsent(): readonly TargetId[] {
    const found = this.#shared?.found ?? null;
    if (found === null) return [];
    return [...this.#notes.keys()].filter((id) => {
      const note = this.#notes.get(id);
      const theirs = found.get(id)?.note ?? undefined;
      return note !== undefined && isNewer(note, theirs);
    });
  }

  /** Writes what the registry does not have yet; when somebody was faster, what they wrote is read first. */
  async #send(signal: AbortSignal): Promise<void> {
    const shared = this.#shared;
    if (shared === null) return;
    for (const id of this.#unsent()) {
      const note = this.#notes.get(id);
      if (note === undefined) continue;
      const key = keyOfId(shared.prefix, id);
      const expect = shared.found?.get(id)?.version ?? "absent";
      await shared.registry.commit([{ key, expect, session: null, put: writeNote(note) }], signal);
    }
  }
}
