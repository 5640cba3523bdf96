import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import type { Client } from "node-zookeeper-client";
import type { Clock, Secret } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";
import { describeError, RegistryError } from "../../errors.ts";
import { asUnreachable } from "../rejection.ts";

/** How one registry of the configuration reaches ZooKeeper. */
export interface ZooKeeperSettings {
  /** `host:port,host:port/chroot`. */
  readonly address: string;
  readonly timeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  readonly acl: "open" | "creator";
}

/** The library, loaded at first use. */
export type Library = typeof import("node-zookeeper-client");
type Done<T> = (error: unknown, value: T) => void;

/** One ZooKeeper session with deadlines of our own: the library has no read time-out, and dies with its session. */
export interface Connection {
  readonly library: Library;
  /** Aborts when this session is over; then a new connection is needed. */
  readonly ended: AbortSignal;
  call<T>(signal: AbortSignal, ask: (client: Client, done: Done<T>) => void): Promise<T>;
  /** What the server has granted: it has limits of its own. */
  sessionTimeoutMs(): Ms;
  /** The session's number, as the nodes that hang on it name it. */
  sessionId(): Buffer;
  close(): void;
}

/** Opens a session; rejects when there is none within the time-out. It is over when it was without its server for `apartMs`. */
export async function connect(
  settings: ZooKeeperSettings,
  clock: Clock,
  signal: AbortSignal,
  sessionTimeoutMs: Ms,
  apartMs: Ms = sessionTimeoutMs,
): Promise<Connection> {
  const loaded = await import("node-zookeeper-client");
  const library: Library = "default" in loaded ? (loaded.default as Library) : loaded;
  const client = library.createClient(settings.address, {
    sessionTimeout: sessionTimeoutMs,
    spinDelay: 200,
    retries: 0,
  });
  const { username, password, address } = settings;
  if (username !== undefined) client.addAuthInfo("digest", Buffer.from(`${username}:${password?.reveal() ?? ""}`));
  const ended = new AbortController();
  const close = (): void => {
    if (ended.signal.aborted) return;
    ended.abort(new RegistryError("unreachable", `the session with zookeeper at ${address} is over`));
    client.close();
    endSocket(client, clock);
  };
  for (const event of ["expired", "authenticationFailed"]) client.on(event, close);
  guardParser(client, close);
  const bounded = boundedCalls(settings, clock, ended.signal);
  try {
    await bounded<void>(signal, (done) => {
      client.once("connected", () => done(null));
      client.connect();
    });
  } catch (error) {
    close();
    throw error;
  }
  watchDisconnects(client, clock, apartMs, ended.signal, close);
  return {
    library,
    ended: ended.signal,
    close,
    sessionTimeoutMs: () => client.getSessionTimeout(),
    sessionId: () => client.getSessionId(),
    async call(callSignal, ask) {
      try {
        return await bounded(callSignal, (done) => ask(client, done));
      } catch (error) {
        // After a late answer nothing on this connection can be trusted: a hung server shows no event.
        if (error instanceof RegistryError && error.kind === "unreachable" && !callSignal.aborted) close();
        throw error;
      }
    },
  };
}

interface Manager {
  pendingBuffer: Buffer | null;
  readonly socket?: Socket;
  onSocketData(chunk: Buffer): void;
}

const managerOf = (client: Client): Manager =>
  (client as unknown as { readonly connectionManager: Manager }).connectionManager;

/** How long the server has to close a connection whose session we ended. */
const GOODBYE_MS: Ms = 500;

/**
 * The library says goodbye and waits for the server; one that it is still connecting to, or that hangs, never answers
 * that, and the socket would stay for ever.
 */
function endSocket(client: Client, clock: Clock): void {
  const manager = managerOf(client);
  const cancel = clock.at(clock.now() + GOODBYE_MS, () => manager.socket?.destroy());
  manager.socket?.once("close", cancel);
}

/**
 * Two faults of the library would end the process: half a frame of a broken connection is put before the first frame
 * of the next one, and what cannot be decoded is thrown inside the socket's event. Both end the session instead.
 */
function guardParser(client: Client, close: () => void): void {
  const parser = managerOf(client);
  const parse = parser.onSocketData;
  parser.onSocketData = (chunk) => {
    try {
      parse.call(parser, chunk);
    } catch {
      close();
    }
  };
  client.on("disconnected", () => {
    parser.pendingBuffer = null;
  });
}

/** A session that stays disconnected so long is over, whether or not the server could tell us. */
function watchDisconnects(client: Client, clock: Clock, apartMs: Ms, ended: AbortSignal, close: () => void): void {
  let cancel = (): void => {};
  client.on("disconnected", () => {
    cancel();
    if (!ended.aborted) cancel = clock.at(clock.now() + Math.min(apartMs, client.getSessionTimeout()), close);
  });
  client.on("connected", () => cancel());
  ended.addEventListener("abort", () => cancel(), { once: true });
}

function boundedCalls({ timeoutMs, address }: ZooKeeperSettings, clock: Clock, ended: AbortSignal) {
  return <T>(signal: AbortSignal, ask: (done: Done<T>) => void): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      const settle = (act: () => void): void => {
        cancel();
        signal.removeEventListener("abort", aborted);
        ended.removeEventListener("abort", over);
        act();
      };
      const aborted = (): void => settle(() => reject(asUnreachable(signal.reason)));
      const over = (): void => settle(() => reject(asUnreachable(ended.reason)));
      const late = (): void =>
        settle(() =>
          reject(new RegistryError("unreachable", `zookeeper at ${address}: no answer within ${timeoutMs} ms`)),
        );
      const cancel = clock.at(clock.now() + timeoutMs, late);
      if (signal.aborted) return aborted();
      if (ended.aborted) return over();
      // A folder with hundreds of nodes is hundreds of questions at a time.
      setMaxListeners(0, signal, ended);
      signal.addEventListener("abort", aborted, { once: true });
      ended.addEventListener("abort", over, { once: true });
      ask((error, value) => settle(() => (error ? reject(explain(error, address)) : resolve(value))));
    });
}

/** ZooKeeper's number of an error, null for others. */
export const codeOf = (error: unknown): number | null => {
  const cause = error instanceof RegistryError ? error.cause : error;
  return cause instanceof Object && "getCode" in cause && typeof cause.getCode === "function"
    ? Number(cause.getCode())
    : null;
};

// Numbers of org.apache.zookeeper.KeeperException.Code.
const DENIED: readonly (number | null)[] = [-102, -115];
const LOST: readonly (number | null)[] = [-4, -7, -112, -118];

function explain(error: unknown, address: string): RegistryError {
  const code = codeOf(error);
  const kind = DENIED.includes(code) ? "denied" : LOST.includes(code) || code === null ? "unreachable" : "refused";
  return new RegistryError(kind, `zookeeper at ${address}: ${describeError(error)}`, { cause: error });
}
