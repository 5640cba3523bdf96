import type { Client, Stat } from "node-zookeeper-client";
import type { Entry } from "../../contract.ts";
import { canonicalKey } from "../keys.ts";
import { textOf } from "../text.ts";
import { type Connection, codeOf } from "./connection.ts";

const NO_NODE = -101;

interface Leaf {
  readonly value: string;
  readonly version: string;
}

/**
 * What this session has read below some paths. A value stays as long as its watch has not fired, so reading again
 * costs only what changed. Belongs to one session: watches die with it.
 */
export class WatchedTree {
  readonly #connection: Connection;
  readonly #children = new Map<string, readonly string[]>();
  readonly #data = new Map<string, Leaf | null>();
  readonly #waiting = new Set<() => void>();
  #news = 0;

  constructor(connection: Connection) {
    this.#connection = connection;
    connection.ended.addEventListener("abort", () => this.#wake(), { once: true });
  }

  /** Counts watches that fired: equal before and after means that nothing changed between. */
  get news(): number {
    return this.#news;
  }

  /** Resolves when a watch has fired since `seen`, or the session ended. */
  changed(seen: number): Promise<void> {
    if (this.#news !== seen || this.#connection.ended.aborted) return Promise.resolve();
    return new Promise((done) => this.#waiting.add(done));
  }

  #wake(): void {
    this.#news += 1;
    for (const done of this.#waiting) done();
    this.#waiting.clear();
  }

  /** All nodes at and below a path that hold a value or have no children; the path itself only with a value. */
  async read(path: string, signal: AbortSignal): Promise<Map<string, Entry>> {
    const entries = new Map<string, Entry>();
    await this.#visit(path, entries, signal);
    const own = canonicalKey(path);
    if (entries.get(own)?.value === "") entries.delete(own);
    return entries;
  }

  async #visit(path: string, entries: Map<string, Entry>, signal: AbortSignal): Promise<void> {
    const [leaf, children] = await Promise.all([this.#dataOf(path, signal), this.#childrenOf(path, signal)]);
    if (leaf !== null && path !== "/" && (leaf.value !== "" || children.length === 0))
      entries.set(canonicalKey(path), leaf);
    const parent = path === "/" ? "" : path;
    // ZooKeeper's own folder is no part of anybody's data.
    const own = children.filter((name) => parent !== "" || name !== "zookeeper");
    await Promise.all(own.map((name) => this.#visit(`${parent}/${name}`, entries, signal)));
  }

  async #dataOf(path: string, signal: AbortSignal): Promise<Leaf | null> {
    const known = this.#data.get(path);
    if (known !== undefined) return known;
    // The event may come in one packet with the answer, before the answer is kept: then it is old already.
    let old = false;
    const fired = (): void => {
      old = true;
      this.#data.delete(path);
      this.#wake();
    };
    const leaf = await this.#connection
      .call<Leaf>(signal, (client, done) =>
        client.getData(path, fired, (error, data, stat) =>
          error
            ? done(error, { value: "", version: "" })
            : done(null, { value: data ? textOf(data) : "", version: String(stat.version) }),
        ),
      )
      .catch((error) => this.#missing(error, path, signal));
    if (leaf === null || leaf === undefined) return null;
    if (!old) this.#data.set(path, leaf);
    return leaf;
  }

  /** A node that is not there yet is watched for its creation. */
  async #missing(error: unknown, path: string, signal: AbortSignal): Promise<null> {
    if (codeOf(error) !== NO_NODE) throw error;
    const fired = (): void => this.#wake();
    const there = await this.#connection.call<Stat | null>(signal, (client: Client, done) =>
      client.exists(path, fired, done),
    );
    if (there !== null && there !== undefined) this.#wake();
    return null;
  }

  async #childrenOf(path: string, signal: AbortSignal): Promise<readonly string[]> {
    const known = this.#children.get(path);
    if (known !== undefined) return known;
    let old = false;
    const fired = (): void => {
      old = true;
      this.#children.delete(path);
      this.#wake();
    };
    try {
      const children = await this.#connection.call<string[]>(signal, (client, done) =>
        client.getChildren(path, fired, done),
      );
      if (!old) this.#children.set(path, children);
      return children;
    } catch (error) {
      if (codeOf(error) === NO_NODE) return [];
      throw error;
    }
  }
}
