import { createHash } from "node:crypto";
import type { Stat, Transaction } from "node-zookeeper-client";
import type { Clock, Entry, Op, Registry, Session, Snapshot } from "../../contract.ts";
import { describeError, RegistryError } from "../../errors.ts";
import { createFence } from "../fence.ts";
import { canonicalKey } from "../keys.ts";
import { abortable } from "../rejection.ts";
import { type Connection, codeOf, connect, type ZooKeeperSettings } from "./connection.ts";
import { WatchedTree } from "./tree.ts";

const pathOf = (key: string): string => `/${canonicalKey(key)}`;
const NO_NODE = -101;
const BAD_VERSION = -103;
const NODE_EXISTS = -110;
const NOT_EMPTY = -111;
const CONFLICTS: readonly (number | null)[] = [NO_NODE, BAD_VERSION, NODE_EXISTS, NOT_EMPTY];

/** How long the session that only reads may be without its server before a new one is made: nothing hangs on it. */
const APART_MS = 1000;

const sessions = new WeakMap<Session, Connection>();

interface Live {
  readonly connection: Connection;
  readonly tree: WatchedTree;
}

/** ZooKeeper through npm `node-zookeeper-client`: a new session whenever the last one is over or hangs. */
export class ZooKeeperRegistry implements Registry {
  readonly maxOps = 64;
  readonly services = null;
  readonly #settings: ZooKeeperSettings;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #live: Promise<Live> | null = null;

  constructor(settings: ZooKeeperSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  async #connected(signal: AbortSignal): Promise<Live> {
    const current = this.#live ?? this.#open();
    try {
      const live = await abortable(current, signal);
      if (!live.connection.ended.aborted) return live;
    } catch (error) {
      if (this.#live === current) this.#live = null;
      throw error;
    }
    if (this.#live === current) this.#live = null;
    return this.#connected(signal);
  }

  /** Shared by all who wait for it, so it ends by its own deadline and not by one caller's signal. */
  #open(): Promise<Live> {
    const { sessionTimeoutMs } = this.#settings;
    const opening = connect(this.#settings, this.#clock, this.#closing.signal, sessionTimeoutMs, APART_MS).then(
      (connection) => ({
        connection,
        tree: new WatchedTree(connection),
      }),
    );
    this.#live = opening;
    return opening;
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<Snapshot> {
    const { tree, connection } = await this.#connected(signal);
    // What the tree remembers says nothing of whether the server is still there.
    if (after === null) await statAt(connection, "/", signal);
    for (;;) {
      const seen = tree.news;
      const entries = await tree.read(pathOf(prefix), signal);
      const revision = revisionOf(entries);
      if (revision !== after) return { entries, revision, fresh: true };
      await abortable(tree.changed(seen), signal);
      if (connection.ended.aborted) throw new RegistryError("unreachable", "the zookeeper session ended");
    }
  }

  async commit(ops: readonly Op[], signal: AbortSignal): Promise<{ conflicts: readonly string[] }> {
    if (ops.length === 0) return { conflicts: [] };
    if (ops.some(({ session }) => session?.lost.aborted)) return { conflicts: ops.map(({ key }) => key) };
    const owner = ops.find(({ session }) => session !== null)?.session ?? null;
    const own = owner === null ? undefined : sessions.get(owner);
    const connection = own ?? (await this.#connected(signal)).connection;
    const there = await Promise.all(ops.map((op) => statAt(connection, pathOf(op.key), signal)));
    const conflicts = ops.filter((op, index) => !fits(op, there[index] ?? null)).map(({ key }) => key);
    if (conflicts.length > 0) return { conflicts };
    const changes = ops.filter((op, index) => "put" in op || there[index] !== null);
    await this.#makeParents(
      connection,
      changes.filter((op) => "put" in op),
      signal,
    );
    try {
      await connection.call<void>(signal, (client, done) => {
        const transaction = client.transaction();
        for (const op of changes) this.#add(connection, transaction, op, there[ops.indexOf(op)] ?? null);
        transaction.commit((error) => done(error, undefined));
      });
      await this.#pruneParents(
        connection,
        changes.filter((op) => !("put" in op)),
        signal,
      );
      return { conflicts: [] };
    } catch (error) {
      // Somebody was faster between our look and our write; which key it was, the next look tells.
      if (CONFLICTS.includes(codeOf(error))) return { conflicts: changes.map(({ key }) => key) };
      throw error;
    }
  }

  #add({ library, sessionId }: Connection, transaction: Transaction, op: Op, stat: Stat | null): void {
    const path = pathOf(op.key);
    if (!("put" in op)) return void transaction.remove(path, stat?.version ?? -1);
    if (stat !== null) {
      // A node keeps the session that made it, and goes with that one: it is made anew to hang on ours, in one step.
      if (op.session === null || stat.ephemeralOwner.equals(sessionId()))
        return void transaction.setData(path, Buffer.from(op.put), stat.version);
      transaction.remove(path, stat.version);
    }
    const mode = op.session === null ? library.CreateMode.PERSISTENT : library.CreateMode.EPHEMERAL;
    transaction.create(path, Buffer.from(op.put), this.#acl(library), mode);
  }

  #acl({ ACL, Id, Permission }: Connection["library"]): InstanceType<typeof ACL>[] {
    if (this.#settings.acl === "creator") return [new ACL(Permission.ALL, new Id("auth", ""))];
    return [new ACL(Permission.ALL, new Id("world", "anyone"))];
  }

  async #makeParents(connection: Connection, ops: readonly Op[], signal: AbortSignal): Promise<void> {
    const parents = new Set(
      ops.map(({ key }) => canonicalKey(key).split("/").slice(0, -1).join("/")).filter((path) => path !== ""),
    );
    for (const parent of parents) {
      await connection
        .call<string>(signal, (client, done) => client.mkdirp(`/${parent}`, this.#acl(connection.library), done))
        .catch((error) => this.#withoutRoot(error, connection, signal));
    }
  }

  /** Everything is missing when the folder of the address is: no other words would help. */
  async #withoutRoot(error: unknown, connection: Connection, signal: AbortSignal): Promise<never> {
    const { address } = this.#settings;
    const root = address.slice(address.indexOf("/"));
    if (codeOf(error) !== NO_NODE || !address.includes("/") || (await statAt(connection, "/", signal)) !== null)
      throw error;
    throw new RegistryError("refused", `zookeeper at ${address}: there is no ${root}; make it, or leave it out`);
  }

  /** Folders of values are nodes here: one that a removal left without children and value would read like a key. */
  async #pruneParents(connection: Connection, ops: readonly Op[], signal: AbortSignal): Promise<void> {
    const parents = new Set(ops.map(({ key }) => pathOf(key).replace(/\/[^/]*$/, "")).filter((path) => path !== ""));
    for (const parent of parents) {
      const stat = await connection.call<Stat | null>(signal, (client, done) => client.exists(parent, done));
      if (!stat || stat.dataLength > 0 || stat.numChildren > 0) continue;
      // Somebody may have added a child since; then it stays.
      await connection
        .call<void>(signal, (client, done) => client.remove(parent, (error) => done(error, undefined)))
        .catch(() => {});
    }
  }

  /** A ZooKeeper session of its own, so that closing it takes exactly its own nodes away. */
  async session(ttlMs: number, signal: AbortSignal): Promise<Session> {
    const begun = this.#clock.now();
    const connection = await connect(this.#settings, this.#clock, signal, ttlMs);
    const span = Math.min(ttlMs, connection.sessionTimeoutMs());
    const fence = createFence(this.#clock, span, begun);
    connection.ended.addEventListener("abort", () => fence.lose(describeError(connection.ended.reason)), {
      once: true,
    });
    // The library answers no question of a hung server; asking is the only way to learn of it before the session is gone.
    let cancel = (): void => {};
    const ask = async (): Promise<void> => {
      const asked = this.#clock.now();
      try {
        await connection.call(fence.lost, (client, done) => client.exists("/", done));
        fence.renewed(asked);
      } catch {
        // The fence knows when it has been too long.
      }
      if (!fence.lost.aborted) askLater();
    };
    const askLater = (): void => {
      cancel = this.#clock.at(this.#clock.now() + span / 3, () => void ask());
    };
    fence.lost.addEventListener(
      "abort",
      () => {
        cancel();
        connection.close();
      },
      { once: true },
    );
    if (!fence.lost.aborted) askLater();
    const session: Session = {
      get lost() {
        return fence.lost;
      },
      close: async () => fence.lose("the session was closed"),
    };
    sessions.set(session, connection);
    return session;
  }

  async close(): Promise<void> {
    this.#closing.abort(new RegistryError("unreachable", "the registry was closed"));
    const live = await this.#live?.catch(() => null);
    live?.connection.close();
  }
}

/** What is known of the node, null when there is none. */
async function statAt(connection: Connection, path: string, signal: AbortSignal): Promise<Stat | null> {
  return (await connection.call<Stat | null>(signal, (client, done) => client.exists(path, done))) ?? null;
}

const fits = ({ expect }: Op, stat: Stat | null): boolean =>
  expect === "any" || (expect === "absent" ? stat === null : String(stat?.version) === expect);

/** ZooKeeper has no revision of a subtree: a digest of all versions stands for it. */
function revisionOf(entries: ReadonlyMap<string, Entry>): string {
  const hash = createHash("sha1");
  for (const key of [...entries.keys()].sort())
    hash.update(`${key}\0${entries.get(key)?.version}\0${entries.get(key)?.value}\0`);
  return hash.digest("base64");
}
