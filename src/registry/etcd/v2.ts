import { setMaxListeners } from "node:events";
import type { Clock, Op, Registry, Session, Snapshot } from "../../contract.ts";
import { describeError, RegistryError } from "../../errors.ts";
import { createFence } from "../fence.ts";
import { canonicalKey } from "../keys.ts";
import { asUnreachable } from "../rejection.ts";
import { askV2, type V2Answer, type V2Node } from "./http.ts";
import type { EtcdSettings } from "./settings.ts";

// Error codes of the v2 API (etcd 2.3, Documentation/errorcode.md).
const KEY_NOT_FOUND = 100;
const COMPARE_FAILED = 101;
const NODE_EXISTS = 105;
const EVENT_INDEX_CLEARED = 401;
const CONFLICTS: readonly (number | undefined)[] = [KEY_NOT_FOUND, COMPARE_FAILED, NODE_EXISTS];

interface Lease {
  readonly ttlSeconds: number;
  /** Keys that hang on it, with the index of our last change: what has another one is somebody else's by now. */
  readonly keys: Map<string, number>;
}
const leases = new WeakMap<Session, Lease>();

const pathOf = (key: string): string => canonicalKey(key).split("/").map(encodeURIComponent).join("/");

/** What the v2 API tells beside the keys. */
export interface V2Snapshot extends Snapshot {
  /** etcd's words when there is no such key or folder, which confd takes for an error; null when there is one. */
  readonly missing: string | null;
}

/** etcd's v2 API by plain HTTP, for the clusters of the old tutorials. No transactions; sessions are keys with a TTL. */
export class EtcdV2Registry implements Registry {
  readonly maxOps = 1;
  readonly services = null;
  readonly #settings: EtcdSettings;
  readonly #clock: Clock;
  /** Every session listens to it: that is no leak, however many there are. */
  readonly #closing = new AbortController();
  #first = 0;

  constructor(settings: EtcdSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * One call with the deadline of the settings, shared by all members that may have to be asked; a wait for news has only
   * the caller's signal. Who answered last is asked first.
   */
  async #ask(
    method: string,
    path: string,
    form: URLSearchParams | null,
    signal: AbortSignal,
    timed = true,
  ): Promise<V2Answer> {
    const { hosts, timeoutMs } = this.#settings;
    const inOrder = [...hosts.slice(this.#first), ...hosts.slice(0, this.#first)];
    const eachMs = timed ? Math.ceil(timeoutMs / hosts.length) : null;
    let last: unknown;
    for (const host of inOrder) {
      try {
        const answer = await this.#within(eachMs, signal, (ended) =>
          askV2(this.#settings, host, method, path, form, ended),
        );
        this.#first = hosts.indexOf(host);
        if (answer.status === 401 || answer.status === 403)
          throw new RegistryError("denied", `etcd: ${answer.body.message ?? "not allowed"}`);
        return answer;
      } catch (error) {
        if (signal.aborted) throw asUnreachable(signal.reason);
        if (error instanceof RegistryError && error.kind !== "unreachable") throw error;
        last = error;
      }
    }
    throw new RegistryError("unreachable", `etcd at ${hosts.join(", ")}: ${describeError(last)}`, { cause: last });
  }

  /** The work's end, its deadline or the caller's signal, whichever comes first. */
  async #within<T>(ms: number | null, signal: AbortSignal, work: (ended: AbortSignal) => Promise<T>): Promise<T> {
    const ended = new AbortController();
    const stop = (): void => ended.abort(asUnreachable(signal.reason));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    const late = (): void => ended.abort(new RegistryError("unreachable", `no answer within ${ms} ms`));
    const cancel = ms === null ? null : this.#clock.at(this.#clock.now() + ms, late);
    try {
      return await work(ended.signal);
    } catch (error) {
      throw ended.signal.aborted ? ended.signal.reason : error;
    } finally {
      signal.removeEventListener("abort", stop);
      cancel?.();
    }
  }

  async read(prefix: string, after: string | null, signal: AbortSignal): Promise<V2Snapshot> {
    if (after !== null) {
      const from = (BigInt(after) + 1n).toString();
      const news = await this.#ask(
        "GET",
        `${pathOf(prefix)}?wait=true&recursive=true&waitIndex=${from}`,
        null,
        signal,
        false,
      );
      if (news.status >= 400 && news.body.errorCode !== EVENT_INDEX_CLEARED) throw refusal(news);
    }
    const answer = await this.#ask("GET", `${pathOf(prefix)}?recursive=true&quorum=true`, null, signal);
    if (answer.status >= 400 && answer.body.errorCode !== KEY_NOT_FOUND) throw refusal(answer);
    return {
      entries: new Map(answer.body.node === undefined ? [] : leavesOf(answer.body.node)),
      revision: answer.index,
      fresh: true,
      missing: missingIn(answer),
    };
  }

  async commit([op, ...more]: readonly Op[], signal: AbortSignal): Promise<{ conflicts: readonly string[] }> {
    if (more.length > 0) throw new RegistryError("refused", "etcd's v2 API has no transactions");
    if (op === undefined) return { conflicts: [] };
    const lease = op.session === null ? undefined : leases.get(op.session);
    if (op.session?.lost.aborted) return { conflicts: [op.key] };
    const answer = "put" in op ? await this.#put(op, op.put, lease, signal) : await this.#remove(op, signal);
    if (answer.status >= 400) {
      const gone = !("put" in op) && op.expect === "any" && answer.body.errorCode === KEY_NOT_FOUND;
      if (gone) return { conflicts: [] };
      if (CONFLICTS.includes(answer.body.errorCode)) return { conflicts: [op.key] };
      throw refusal(answer);
    }
    if (answer.body.node !== undefined) lease?.keys.set(op.key, answer.body.node.modifiedIndex);
    return { conflicts: [] };
  }

  #put(op: Op, value: string, lease: Lease | undefined, signal: AbortSignal): Promise<V2Answer> {
    const form = new URLSearchParams({ value });
    if (op.expect === "absent") form.set("prevExist", "false");
    else if (op.expect !== "any") form.set("prevIndex", op.expect);
    if (lease !== undefined) form.set("ttl", String(lease.ttlSeconds));
    return this.#ask("PUT", pathOf(op.key), form, signal);
  }

  #remove(op: Op, signal: AbortSignal): Promise<V2Answer> {
    return this.#ask(
      "DELETE",
      `${pathOf(op.key)}${op.expect === "any" ? "" : `?prevIndex=${op.expect}`}`,
      null,
      signal,
    );
  }

  async session(ttlMs: number): Promise<Session> {
    const lease: Lease = { ttlSeconds: Math.max(1, Math.ceil(ttlMs / 1000)), keys: new Map() };
    const fence = createFence(this.#clock, lease.ttlSeconds * 1000, this.#clock.now());
    let cancel = (): void => {};
    fence.lost.addEventListener("abort", () => cancel(), { once: true });
    const refresh = async (): Promise<void> => {
      const asked = this.#clock.now();
      try {
        const alive = await Promise.all([...lease.keys.keys()].map((key) => this.#refresh(key, lease, fence.lost)));
        if (alive.includes(false)) fence.lose("a key of the session has expired");
        else fence.renewed(asked);
      } catch {
        // The fence knows when it has been too long.
      }
      if (!fence.lost.aborted) refreshLater();
    };
    const refreshLater = (): void => {
      cancel = this.#clock.at(this.#clock.now() + ttlMs / 3, () => void refresh());
    };
    refreshLater();
    const close = (): void => fence.lose("the registry was closed");
    this.#closing.signal.addEventListener("abort", close, { once: true });
    fence.lost.addEventListener("abort", () => this.#closing.signal.removeEventListener("abort", close), {
      once: true,
    });
    const session: Session = {
      get lost() {
        return fence.lost;
      },
      close: async () => {
        if (fence.lost.aborted) return;
        fence.lose("the session was closed");
        const kept = [...lease.keys];
        const signal = new AbortController().signal;
        await Promise.all(
          kept.map(([key, index]) => this.#ask("DELETE", `${pathOf(key)}?prevIndex=${index}`, null, signal)),
        );
      },
    };
    leases.set(session, lease);
    return session;
  }

  /** False when the key is gone or somebody else's: it must be set anew by whoever owns the session. */
  async #refresh(key: string, lease: Lease, signal: AbortSignal): Promise<boolean> {
    const form = new URLSearchParams({
      refresh: "true",
      prevIndex: String(lease.keys.get(key)),
      ttl: String(lease.ttlSeconds),
    });
    const { body } = await this.#ask("PUT", pathOf(key), form, signal);
    if (CONFLICTS.includes(body.errorCode)) return false;
    if (body.node !== undefined) lease.keys.set(key, body.node.modifiedIndex);
    return true;
  }

  async close(): Promise<void> {
    this.#closing.abort();
  }
}

function* leavesOf(node: V2Node): Generator<[string, { value: string; version: string }]> {
  if (node.dir !== true)
    yield [canonicalKey(node.key), { value: node.value ?? "", version: String(node.modifiedIndex) }];
  for (const child of node.nodes ?? []) yield* leavesOf(child);
}

const missingIn = ({ body }: V2Answer): string | null =>
  body.errorCode === KEY_NOT_FOUND
    ? `${KEY_NOT_FOUND}: ${body.message ?? ""} (${body.cause ?? ""}) [${body.index ?? 0}]`
    : null;

const refusal = ({ status, body }: V2Answer): RegistryError =>
  new RegistryError(
    "refused",
    `etcd answered ${status}: ${body.message ?? "no message"}${body.cause === undefined ? "" : ` (${body.cause})`}`,
  );
