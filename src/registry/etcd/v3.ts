import { rootCertificates } from "node:tls";
import type { Etcd3, IKeyValue, ITxnResponse, IWatchResponse, Watcher } from "etcd3";
import type { Clock, Entry, Op, Registry, Session, Snapshot } from "../../contract.ts";
import { describeError, RegistryError } from "../../errors.ts";
import { SharedEntries } from "../entries.ts";
import { canonicalKey, isBelow } from "../keys.ts";
import { abortable, asUnreachable } from "../rejection.ts";
import { textOf } from "../text.ts";
import { openLease } from "./lease.ts";
import { createMembers, type Members } from "./members.ts";
import type { EtcdSettings } from "./settings.ts";

/** confd and the setups it serves keep etcd keys with a slash in front. */
const keyOf = (key: string): string => `/${canonicalKey(key)}`;

interface Connected {
  readonly client: Etcd3;
  readonly members: Members;
}

async function connect({ hosts, timeoutMs, tls, username, password }: EtcdSettings, clock: Clock): Promise<Connected> {
  const [{ Etcd3, isRecoverableError }, { noop }] = await Promise.all([import("etcd3"), import("cockatiel")]);
  const members = createMembers(hosts.length, clock, { noop, recoverable: isRecoverableError });
  // A member that hangs must leave time to ask the others.
  const eachMs = Math.ceil(timeoutMs / hosts.length);
  const client = new Etcd3({
    hosts: [...hosts],
    dialTimeout: timeoutMs,
    // A hung server keeps its connections: pings find out, so that a watch does not wait on it for ever.
    grpcOptions: {
      "grpc.keepalive_time_ms": 10_000,
      "grpc.keepalive_timeout_ms": timeoutMs,
      "grpc.keepalive_permit_without_calls": 0,
    },
    // Each call has one deadline of ours. The library's three tries would stretch it threefold, and its
    // breaker would go on refusing for five seconds after the server is back.
    defaultCallOptions: ({ isStream }) => (isStream ? {} : { deadline: Date.now() + eachMs }),
    faultHandling: { host: members.host, global: members.global },
    ...(tls === undefined
      ? {}
      : {
          credentials: {
            // Without: the authorities that Node trusts.
            rootCertificate: Buffer.from(tls.ca ?? rootCertificates.join("\n")),
            ...(tls.key === undefined ? {} : { privateKey: Buffer.from(tls.key) }),
            ...(tls.cert === undefined ? {} : { certChain: Buffer.from(tls.cert) }),
          },
        }),
    ...(username === undefined || password === undefined ? {} : { auth: { username, password: password.reveal() } }),
  });
  return { client, members };
}

interface SharedSnapshot extends Snapshot {
  readonly entries: SharedEntries;
}

const leases = new WeakMap<Session, string>();

/** etcd's v3 API through npm `etcd3`. */
export class EtcdRegistry implements Registry {
  /** etcd, --max-txn-ops: 128 by default. */
  readonly maxOps = 128;
  readonly services = null;
  readonly #settings: EtcdSettings;
  /** The last answer for each prefix: what a watch tells is added to it, so that one change of many keys costs one key. */
  readonly #known = new Map<string, SharedSnapshot>();
  #connected: Promise<Connected> | null = null;

  readonly #clock: Clock;

  constructor(settings: EtcdSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  async #call<T>(signal: AbortSignal, ask: (client: Etcd3) => Promise<T>): Promise<T> {
    this.#connected ??= connect(this.#settings, this.#clock);
    const { client } = await this.#connected;
    try {
      return await abortable(ask(client), signal);
    } catch (error) {
      throw explain(error, this.#settings.hosts);
    }
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot> {
    const below = canonicalKey(prefix);
    if (after !== null) {
      const news = await this.#news(prefix, after, signal);
      const known = this.#known.get(below);
      if (news !== null && known?.revision === after) return this.#remember(below, withNews(known, news, below));
    }
    return this.#call(signal, async (client) => {
      const { header, kvs } = await client.getAll().prefix(keyOf(below)).exec();
      const entries = kvs.map(entryOf).filter(([key]) => isBelow(below, key));
      return this.#remember(below, {
        entries: new SharedEntries(new Map(entries)),
        revision: header.revision,
        fresh: true,
      });
    });
  }

  #remember(below: string, snapshot: SharedSnapshot): SharedSnapshot {
    this.#known.set(below, snapshot);
    return snapshot;
  }

  /** A watch that is connected; one that cannot connect would be tried for ever by the library, without a word. */
  async #watch(prefix: string, from: string, signal: AbortSignal): Promise<Watcher> {
    const ended = new AbortController();
    const stop = (): void => ended.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const { timeoutMs } = this.#settings;
    const late = new RegistryError("unreachable", `no watch within ${timeoutMs} ms`);
    const cancel = this.#clock.at(this.#clock.now() + timeoutMs, () => ended.abort(late));
    let made: Promise<Watcher> | null = null;
    try {
      return await this.#call(ended.signal, (client) => {
        made = client.watch().prefix(prefix).startRevision(from).create();
        return made;
      });
    } catch (error) {
      if (error === late) (await this.#connected)?.members.blame();
      void (made as Promise<Watcher> | null)?.then((watcher) => watcher.cancel()).catch(() => {});
      throw error;
    } finally {
      cancel();
      signal.removeEventListener("abort", stop);
    }
  }

  /** The first changes after that revision; null when it was compacted away, which tells nothing of what changed. */
  async #news(prefix: string, after: string, signal: AbortSignal): Promise<readonly Event[] | null> {
    const below = canonicalKey(prefix);
    const watcher = await this.#watch(keyOf(below), (BigInt(after) + 1n).toString(), signal);
    try {
      return await new Promise<readonly Event[] | null>((done, fail) => {
        const stop = (): void => fail(asUnreachable(signal.reason));
        if (signal.aborted) return stop();
        signal.addEventListener("abort", stop, { once: true });
        const settle = (act: () => void): void => {
          signal.removeEventListener("abort", stop);
          act();
        };
        watcher.on("data", ({ events }) => {
          if (events.some(({ kv }) => isBelow(below, canonicalKey(textOf(kv.key))))) settle(() => done(events));
        });
        watcher.on("error", (error) => settle(() => (/compacted/i.test(error.message) ? done(null) : fail(error))));
        watcher.on("disconnected", (error) => settle(() => fail(error)));
      });
    } catch (error) {
      throw explain(error, this.#settings.hosts);
    } finally {
      watcher.cancel().catch(() => {});
    }
  }

  commit(ops: readonly Op[], signal: AbortSignal): Promise<{ conflicts: readonly string[] }> {
    if (ops.some(({ session }) => session?.lost.aborted))
      return Promise.resolve({ conflicts: ops.map(({ key }) => key) });
    return this.#call(signal, async (client) => {
      const conditional = ops.filter(({ expect }) => expect !== "any");
      const [first, ...rest] = conditional;
      const changes = ops.map((op) => changeOf(client, op));
      if (first === undefined) {
        // Every etcd transaction needs a condition in this library; this one always holds.
        await client
          .if("\0", "Create", ">", -1)
          .then(...changes)
          .commit();
        return { conflicts: [] };
      }
      let guard = client.if(keyOf(first.key), "Mod", "==", versionOf(first));
      for (const op of rest) guard = guard.and(keyOf(op.key), "Mod", "==", versionOf(op));
      const done = await guard
        .then(...changes)
        .else(...conditional.map(({ key }) => client.get(keyOf(key))))
        .commit();
      return { conflicts: done.succeeded ? [] : conflictsOf(conditional, done) };
    });
  }

  async session(ttlMs: number, signal: AbortSignal): Promise<Session> {
    const { session, id } = await openLease((given, ask) => this.#call(given, ask), this.#clock, ttlMs, signal);
    leases.set(session, id);
    return session;
  }

  async close(): Promise<void> {
    (await this.#connected?.catch(() => null))?.client.close();
  }
}

type Event = IWatchResponse["events"][number];

/** What a snapshot becomes by these events, in their order. All of one revision come together, so that the last one counts. */
function withNews(known: SharedSnapshot, news: readonly Event[], below: string): SharedSnapshot {
  const changes = new Map<string, Entry | null>();
  let revision = BigInt(known.revision);
  for (const { type, kv } of news) {
    const [key, entry] = entryOf(kv);
    if (BigInt(kv.mod_revision) > revision) revision = BigInt(kv.mod_revision);
    if (isBelow(below, key)) changes.set(key, type === "Delete" ? null : entry);
  }
  return { entries: known.entries.with(changes), revision: revision.toString(), fresh: true };
}

const entryOf = ({ key, value, mod_revision }: IKeyValue): [string, Entry] => [
  canonicalKey(textOf(key)),
  { value: textOf(value), version: mod_revision },
];

/** A key that does not exist has modification revision 0 (etcd, API, Transactions). */
const versionOf = ({ expect }: Op): string => (expect === "absent" ? "0" : expect);

function changeOf(client: Etcd3, op: Op) {
  if (!("put" in op)) return client.delete().key(keyOf(op.key));
  const put = client.put(keyOf(op.key)).value(op.put);
  const lease = op.session === null ? undefined : leases.get(op.session);
  return lease === undefined ? put : put.lease(lease);
}

/** The failed transaction brought each key along: those whose revision is not the expected one. */
function conflictsOf(conditional: readonly Op[], { responses }: ITxnResponse): string[] {
  return conditional
    .filter((op, index) => (responses[index]?.response_range?.kvs[0]?.mod_revision ?? "0") !== versionOf(op))
    .map(({ key }) => key);
}

function explain(error: unknown, hosts: readonly string[]): unknown {
  if (error instanceof RegistryError) return error;
  const text = `etcd at ${hosts.join(", ")}: ${describeError(error)}`;
  const name = error instanceof Error ? error.constructor.name : "";
  if (
    /Auth|Permission|InvalidAuthToken|UserEmpty/i.test(name) ||
    /permission denied|authentication failed|user name is empty/i.test(text)
  )
    return new RegistryError("denied", text, { cause: error });
  if (/InvalidArgument|OutOfRange|EtcdError$/.test(name) && /too (many|large)|invalid/i.test(text))
    return new RegistryError("refused", text, { cause: error });
  return new RegistryError("unreachable", text, { cause: error });
}
