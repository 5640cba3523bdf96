import { hostname } from "node:os";
import type { Entry, Op, OutletEnv, Part, Registry, Session } from "../../contract.ts";
import type { PoolView } from "../../core/types.ts";
import { RegistryError } from "../../errors.ts";
import { hubOf } from "../../registry/hub.ts";
import { canonicalKey } from "../../registry/keys.ts";
import { compete, type LockState } from "../../registry/lock.ts";
import { createLoop, type Loop } from "../loop.ts";
import { ownedKey, readOwned, writeOwned } from "./owned.ts";
import { createPatience, type Hold } from "./patience.ts";
import { difference } from "./plan.ts";
import { REMOVAL_GRACE_MS, removeKeys } from "./removal.ts";
import { type Reporter, reporter } from "./report.ts";

/** What layouts with a lock differ in: which keys a view comes to, and where they lie. */
export interface KeyedLayout {
  readonly outlet: string;
  readonly registry: string;
  /** The key template as configured: names the lock, so that all daemons with one publication share one. */
  readonly template: string;
  /** The folder or key below which everything lies. */
  readonly folder: (view: Pick<PoolView, "pool" | "group">) => string;
  readonly wanted: (view: PoolView) => ReadonlyMap<string, string>;
  /** Every key that any target of the pool may come to have, serving or not. */
  readonly possible: (view: PoolView) => ReadonlySet<string>;
  readonly onExit: "keep" | "remove";
  readonly leaseMs: number | null;
  readonly lockTtlMs: number;
}

const TRIES = 5;
const UNDONE = "another writer undoes what is written here, one try in 10 s";

class KeyedPublication {
  readonly #layout: KeyedLayout;
  readonly #env: OutletEnv;
  readonly #registry: Registry;
  readonly #report: Reporter;
  readonly #loop: Loop;
  readonly #ended = new AbortController();
  readonly #lockName: string;
  readonly #competing: Promise<void>;
  #view: PoolView | null = null;
  #found: ReadonlyMap<string, Entry> | null = null;
  /** How often the watch has told something. */
  #told = 0;
  readonly #patience = createPatience();
  #lock: LockState = { held: null, holder: null, error: null };
  #owned: Set<string> | null = null;
  #lease: { readonly session: Session; readonly keys: Set<string> } | null = null;

  constructor(layout: KeyedLayout, env: OutletEnv) {
    this.#layout = layout;
    this.#env = env;
    this.#registry = env.registry(layout.registry);
    this.#report = reporter(env, layout.outlet);
    this.#lockName = `${layout.outlet}-${env.pool}-${canonicalKey(layout.template)}`;
    this.#loop = createLoop({
      clock: env.clock,
      work: (signal) => this.#work(signal),
      failed: (error) => this.#report.failed(this.#folder, "", error),
    });
    const { clock, log } = env;
    env.board.follow((view) => {
      if (view.pool !== env.pool) return;
      this.#view = view;
      this.#loop.mark();
    }, this.#ended.signal);
    hubOf(this.#registry, { clock, log, name: layout.registry }).watch(
      this.#folder,
      ({ state, snapshot, error }) => {
        this.#told += 1;
        const wasAway = this.#found === null;
        this.#found = state === "current" ? (snapshot?.entries ?? null) : null;
        // Last, because a failure is an alarm of the pool, whose new view is worked on at once.
        if (state !== "current" && state !== "waiting")
          this.#report.failed(this.#folder, "", new Error(error ?? state));
        if (wasAway && state === "current") this.#loop.hurry();
        else this.#loop.mark();
      },
      this.#ended.signal,
    );
    const lock = {
      registry: this.#registry,
      registryName: layout.registry,
      name: this.#lockName,
      owner: `${hostname()} pid ${process.pid}`,
      ttlMs: layout.lockTtlMs,
      clock,
      log,
    };
    this.#competing = compete(lock, this.#ended.signal, (state) => this.#onLock(state));
  }

  get #folder(): string {
    return canonicalKey(this.#layout.folder(this.#view ?? { pool: this.#env.pool, group: null }));
  }

  #onLock(state: LockState): void {
    const had = this.#lock.held !== null;
    this.#lock = state;
    this.#owned = null;
    if (state.held !== null)
      this.#env.log("info", `${this.#layout.outlet} of ${this.#folder}: this daemon writes now`, {
        pool: this.#env.pool,
      });
    else if (had)
      this.#env.log("warn", `${this.#layout.outlet} of ${this.#folder}: the right to write is lost`, {
        pool: this.#env.pool,
      });
    this.#loop.mark();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const view = this.#view;
    if (view === null || !view.settled) return;
    if (this.#lock.held === null) {
      const { holder } = this.#lock;
      return this.#report.pending(
        this.#folder,
        holder === null ? "waiting for the right to write" : `written by ${holder}`,
      );
    }
    if (this.#found === null) return;
    this.#owned ??= await readOwned(this.#registry, this.#lockName, signal);
    await this.#own(view, this.#owned, signal);
    await this.#make(view, this.#owned, signal);
  }

  /** What may be written is remembered first, so that nothing is left behind by a crash in between. */
  async #own(view: PoolView, owned: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    const found = this.#found ?? new Map<string, Entry>();
    const possible = this.#layout.possible(view);
    const next = new Set([...possible, ...[...owned].filter((key) => found.has(key))]);
    const known = next.size === owned.size && [...next].every((key) => owned.has(key));
    if (!known) await writeOwned(this.#registry, this.#lockName, next, signal);
    this.#owned = next;
  }

  async #make(view: PoolView, owned: ReadonlySet<string>, signal: AbortSignal): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const wanted = this.#layout.wanted(view);
      const found = this.#found ?? (await this.#registry.read(this.#folder, null, signal)).entries;
      const lease = await this.#leaseFor(signal);
      const all = difference(wanted, found, this.#owned ?? owned, lease);
      const held = this.#patience.hold(all.put, wanted, found, this.#env.clock.now());
      const ops = all.ops.filter(({ key }) => held?.keys.has(key) !== true);
      const told = wanted.size === 1 ? "1 key" : `${wanted.size} keys`;
      if (ops.length === 0)
        return held === null ? this.#report.synced(this.#folder, told, told) : this.#wait(held, told);
      const done = await this.#commit(ops, signal);
      await this.#look(signal);
      if (!done) continue;
      const put = ops.filter((op) => "put" in op).map(({ key }) => key);
      this.#patience.wrote(put, wanted);
      for (const key of put) lease?.keys.add(key);
      this.#env.log(
        "info",
        `${this.#layout.outlet} of ${this.#folder}: ${put.length} written, ${ops.length - put.length} removed`,
        { pool: view.pool },
      );
    }
    throw new RegistryError("refused", "somebody else keeps changing these keys");
  }

  #wait({ until }: Hold, told: string): void {
    this.#report.failed(this.#folder, told, new Error(UNDONE));
    this.#loop.markAt(until);
  }

  /** What lies there after a write. Read again when the watch has told of something meanwhile, which may be newer. */
  async #look(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const before = this.#told;
      this.#found = (await this.#registry.read(this.#folder, null, signal)).entries;
      if (this.#told === before) return;
    }
  }

  /** False when somebody changed a key in between. Stops at once when the lock is lost. */
  async #commit(ops: readonly Op[], signal: AbortSignal): Promise<boolean> {
    for (let from = 0; from < ops.length; from += this.#registry.maxOps) {
      // Asked anew each time: a process that stood still finds its time over before anybody could tell it.
      if (this.#lock.held === null || this.#lock.held.lost.aborted)
        throw new RegistryError("unreachable", "the right to write was lost");
      const { conflicts } = await this.#registry.commit(ops.slice(from, from + this.#registry.maxOps), signal);
      if (conflicts.length > 0) return false;
    }
    return true;
  }

  async #leaseFor(signal: AbortSignal) {
    if (this.#layout.leaseMs === null) return null;
    if (this.#lease === null || this.#lease.session.lost.aborted) {
      const session = await this.#registry.session(this.#layout.leaseMs, signal);
      this.#lease = { session, keys: new Set() };
      // Keys that hang on the lost lease go with it; the watch brings that, and they are written anew.
      session.lost.addEventListener("abort", () => this.#loop.mark(), { once: true });
    }
    return this.#lease;
  }

  async stop(why: "exit" | "removed" | "replaced"): Promise<void> {
    const removes = this.#layout.onExit === "remove" && why !== "replaced";
    await this.#loop.stop(removes ? REMOVAL_GRACE_MS : 0);
    if (removes && this.#lock.held !== null) await this.#removeOwned();
    this.#ended.abort(new RegistryError("unreachable", "the publication was stopped"));
    await this.#competing;
  }

  /** Every key that may have been made: those that are known to be there first, as the time is short. */
  async #removeOwned(): Promise<void> {
    if (this.#owned === null) return;
    const there = (key: string): boolean => this.#found?.has(key) === true;
    const keys = [...this.#owned];
    const inOrder = [...keys.filter(there), ...keys.filter((key) => !there(key)), ownedKey(this.#lockName)];
    await removeKeys(this.#registry, inOrder, this.#env);
  }
}

/** A publication that writes its keys under a lock. */
export const keyedPart = (layout: KeyedLayout, env: OutletEnv): Part => ({
  key: `${layout.outlet} ${env.pool} ${layout.registry} ${layout.template}`,
  start: async () => {
    const publication = new KeyedPublication(layout, env);
    return { stop: (why) => publication.stop(why) };
  },
});
