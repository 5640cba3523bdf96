import { createHash } from "node:crypto";
import type { Clock, Entry, Op, Registry, ServiceCatalog, Session, Snapshot } from "../../contract.ts";
import { RegistryError } from "../../errors.ts";
import { canonicalKey, isBelow } from "../keys.ts";
import { type Answer, type ConsulCaller, type ConsulSettings, openCaller, responseOf } from "./client.ts";
import { readIndex } from "./revision.ts";
import { serviceCatalog } from "./services.ts";
import { openSession, sessionId } from "./session.ts";

interface Item {
  readonly Key: string;
  readonly Value: string | null;
  readonly ModifyIndex: number;
}

/** How long one blocking query waits for news. */
const WAIT_MS = 60_000;

/** Consul's KV store and catalog through npm `consul`, with the deadlines and the lost compare-and-set it lacks. */
export class ConsulRegistry implements Registry {
  /** Consul, HTTP API, Transactions: 64 operations. */
  readonly maxOps = 64;
  readonly services: ServiceCatalog;
  readonly #caller: ConsulCaller;
  readonly #clock: Clock;

  constructor(settings: ConsulSettings, clock: Clock) {
    this.#caller = openCaller(settings);
    this.#clock = clock;
    this.services = serviceCatalog(this.#caller, WAIT_MS);
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot> {
    const below = canonicalKey(prefix);
    const [seenIndex = null, seenDigest] = after?.split(" ") ?? [];
    for (let index: string | null = seenIndex; ; ) {
      const [answer, items] = await this.#list(below, index, signal);
      const found = itemsBelow(below, items ?? []);
      // Without the right to read, a list is empty like one of nothing; a single key says which it is.
      if (found.length === 0) await this.#mayRead(below, signal);
      const { revision, fresh } = readIndex(answer, index);
      const digest = digestOf(found);
      // Consul wakes for every key that starts with these letters: `web` for `web2` too. That is no news.
      if (digest !== seenDigest || !fresh)
        return { entries: entriesOf(found), revision: `${revision} ${digest}`, fresh };
      index = revision;
    }
  }

  #list(prefix: string, after: string | null, signal: AbortSignal): Promise<[Answer, Item[]?]> {
    const blocking = after === null ? {} : { index: after, wait: `${WAIT_MS}ms` };
    return this.#caller.call(
      signal,
      async (client, options) =>
        (await client.kv.get({ key: prefix, recurse: true, ...blocking, ...options })) as unknown as [Answer, Item[]?],
      after === null ? 0 : WAIT_MS,
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

  async commit(ops: readonly Op[], signal: AbortSignal): Promise<{ conflicts: readonly string[] }> {
    if (ops.length === 0) return { conflicts: [] };
    const operations = ops.map((op) => ({ KV: kvOf(op) }));
    try {
      await this.#caller.call(signal, (client, options) =>
        client.transaction.create(
          operations as unknown as Parameters<typeof client.transaction.create>[0],
          options as never,
        ),
      );
      return { conflicts: [] };
    } catch (error) {
      const conflicts = conflictsOf(error, ops);
      if (conflicts === null) throw error;
      return { conflicts };
    }
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
  for (const { Key, Value, ModifyIndex } of items) {
    const key = canonicalKey(Key);
    if (isBelow(below, key)) found.push({ Key: key, Value, ModifyIndex });
  }
  return found;
}

function digestOf(items: readonly Item[]): string {
  const hash = createHash("sha1");
  let text = "";
  for (const { Key, ModifyIndex } of items) text += `${Key}\0${ModifyIndex}\0`;
  return hash.update(text).digest("base64");
}

function entriesOf(items: readonly Item[]): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const { Key, Value, ModifyIndex } of items)
    entries.set(Key, { value: Value ?? "", version: String(ModifyIndex) });
  return entries;
}

/** One KV operation of a transaction; index 0 means "only when absent". */
function kvOf(op: Op): Record<string, unknown> {
  const key = canonicalKey(op.key);
  const index = op.expect === "any" ? {} : { Index: op.expect === "absent" ? 0 : Number(op.expect) };
  if (!("put" in op)) return { Verb: op.expect === "any" ? "delete" : "delete-cas", Key: key, ...index };
  const Value = Buffer.from(op.put).toString("base64");
  if (op.session !== null) return { Verb: "lock", Key: key, Value, Session: sessionId(op.session) };
  return { Verb: op.expect === "any" ? "set" : "cas", Key: key, Value, ...index };
}

function conflictsOf(error: unknown, ops: readonly Op[]): readonly string[] | null {
  const response = error instanceof RegistryError ? responseOf(error.cause) : null;
  if (response?.statusCode !== 409) return null;
  const errors = (response.body as { Errors?: { OpIndex: number; What?: string }[] }).Errors ?? [];
  const denied = errors.find((each) => /permission denied|ACL not found/i.test(each.What ?? ""));
  if (denied !== undefined)
    throw new RegistryError("denied", `consul refused to write: ${denied.What}`, { cause: error });
  return errors.map(({ OpIndex }) => ops[OpIndex]?.key ?? "").filter((key) => key !== "");
}
