import type { Clock, Entry, Op, Registry, ServiceCatalog, Session, Snapshot } from "../../contract.ts";
import { RegistryError } from "../../errors.ts";
import { type Changes, SharedEntries } from "../entries.ts";
import { canonicalKey, isBelow } from "../keys.ts";
import { textOf } from "../text.ts";
import { type Answer, type ConsulCaller, type ConsulSettings, openCaller, type Packed } from "./client.ts";
import { readIndex } from "./revision.ts";
import { serviceCatalog } from "./services.ts";
import { openSession } from "./session.ts";
import { commit, MOST_OPERATIONS } from "./transaction.ts";

interface Item {
  readonly Key: string;
  readonly Value: Packed | null;
  readonly ModifyIndex: number;
}

/** What was last read below a prefix; `count` is another one whenever that changed. */
interface Known {
  readonly entries: SharedEntries;
  readonly count: number;
}

/** How long one blocking query waits for news. */
const WAIT_MS = 60_000;
/**
 * The same where the answer is small. A Consul that hangs, or refuses us by now, is found out when the wait is over; where
 * the answer is large, asking often would cost more than that is worth.
 */
const SHORT_WAIT_MS = 10_000;
const FEW_KEYS = 100;

/** Consul's KV store and catalog through npm `consul`, with the deadlines and the lost compare-and-set it lacks. */
export class ConsulRegistry implements Registry {
  readonly maxOps = MOST_OPERATIONS;
  readonly services: ServiceCatalog;
  readonly #caller: ConsulCaller;
  readonly #clock: Clock;
  /** Consul sends all keys for one that changed: those known are not taken apart again. */
  readonly #known = new Map<string, Known>();
  #changes = 0;

  constructor(settings: ConsulSettings, clock: Clock) {
    this.#caller = openCaller(settings);
    this.#clock = clock;
    this.services = serviceCatalog(this.#caller, WAIT_MS);
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot> {
    const below = canonicalKey(prefix);
    const [seenIndex = null, seenCount] = after?.split(" ") ?? [];
    for (let index: string | null = seenIndex; ; ) {
      const [answer, items] = await this.#list(below, index, signal);
      const found = itemsBelow(below, items ?? []);
      // Without the right to read, a list is empty like one of nothing; a single key says which it is.
      if (found.length === 0) await this.#mayRead(below, signal);
      const { revision, fresh, wentBack } = readIndex(answer, index);
      const { entries, count } = this.#renew(below, found, index === null || wentBack);
      // Consul wakes for every key that starts with these letters: `web` for `web2` too. That is no news.
      if (String(count) !== seenCount || !fresh) return { entries, revision: `${revision} ${count}`, fresh };
      index = revision;
    }
  }

  /** `anew`: it may be another Consul, whose indexes mean something else. */
  #renew(below: string, found: readonly Item[], anew: boolean): Known {
    const known = this.#known.get(below);
    const changes = anew || known === undefined ? null : changesSince(known.entries, found);
    if (known !== undefined && changes?.size === 0) return known;
    this.#changes += 1;
    const entries = changes === null ? undefined : known?.entries.with(changes);
    const renewed = { entries: entries ?? new SharedEntries(entriesOf(found)), count: this.#changes };
    this.#known.set(below, renewed);
    return renewed;
  }

  #list(prefix: string, after: string | null, signal: AbortSignal): Promise<[Answer, Item[]?]> {
    const waitMs = (this.#known.get(prefix)?.entries.size ?? 0) > FEW_KEYS ? WAIT_MS : SHORT_WAIT_MS;
    const blocking = after === null ? {} : { index: after, wait: `${waitMs}ms` };
    const wanted = { key: prefix, recurse: true, ...blocking } as const;
    return this.#caller.call(
      signal,
      async (client, options) => (await client.kv.get({ ...wanted, ...options })) as unknown as [Answer, Item[]?],
      after === null ? 0 : waitMs,
    );
  }

  /** The right to what lies below is enough, and so is the right to the one key. */
  async #mayRead(prefix: string, signal: AbortSignal): Promise<void> {
    const look = (key: string): Promise<unknown> =>
      this.#caller.call(signal, (client, options) => client.kv.get({ key, ...options }));
    try {
      await look(`${prefix}/`);
    } catch (error) {
      if (prefix === "" || !(error instanceof RegistryError) || error.kind !== "denied") throw error;
      await look(prefix);
    }
  }

  commit(ops: readonly Op[], signal: AbortSignal): Promise<{ conflicts: readonly string[] }> {
    return commit(this.#caller, ops, signal);
  }

  session(ttlMs: number, signal: AbortSignal): Promise<Session> {
    return openSession(this.#caller, this.#clock, ttlMs, signal);
  }

  async close(): Promise<void> {
    this.#caller.close();
  }
}

function itemsBelow(below: string, items: readonly Item[]): Item[] {
  const found: Item[] = [];
  let respelt = false;
  for (const item of items) {
    const key = canonicalKey(item.Key);
    if (!isBelow(below, key)) continue;
    if (key !== item.Key) respelt = true;
    found.push(key === item.Key ? item : { ...item, Key: key });
  }
  // The marker of a folder (`app/web/`) and a key may come to one name.
  return respelt ? [...new Map(found.map((item) => [item.Key, item])).values()] : found;
}

const entryOf = ({ Value, ModifyIndex }: Item): Entry => ({
  value: Value === null ? "" : textOf(Buffer.from(Value.base64, "base64")),
  version: String(ModifyIndex),
});

const entriesOf = (items: readonly Item[]): Map<string, Entry> =>
  new Map(items.map((item) => [item.Key, entryOf(item)]));

function changesSince(known: SharedEntries, items: readonly Item[]): Changes {
  const changes = new Map<string, Entry | null>();
  let stayed = 0;
  for (const item of items) {
    const before = known.get(item.Key);
    if (before !== undefined) stayed += 1;
    if (before?.version !== String(item.ModifyIndex)) changes.set(item.Key, entryOf(item));
  }
  if (stayed === known.size) return changes;
  const there = new Set(items.map(({ Key }) => Key));
  for (const key of known.keys()) if (!there.has(key)) changes.set(key, null);
  return changes;
}
