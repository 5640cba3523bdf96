// Real Redis servers, replicas and Sentinels on loopback ports.
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort, listening, type Running, start, tempDir, until } from "./process.ts";

/** A Redis server or Sentinel of a test. */
export interface RedisServer {
  readonly port: number;
  /** host:port. */
  readonly address: string;
  readonly dir: string;
  pid(): number;
  /** Sends one command over a connection of its own, with the server's own password; an error reply throws. */
  command(...words: readonly string[]): Promise<unknown>;
  /** KILL, STOP, CONT: to the server itself. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again on its port and folder, also after it was killed; a Sentinel goes on with what it had written. */
  restart(more?: readonly string[]): Promise<void>;
  output(): string;
  stop(): Promise<void>;
}

/** How a server is started. */
export interface RedisOptions {
  /** More arguments of redis-server. */
  readonly args?: readonly string[];
  /** Password that clients need. */
  readonly password?: string;
  readonly port?: number;
}

/** One master, its replicas, and the Sentinels that watch them. */
export interface RedisGroup {
  readonly masterName: string;
  /** All servers; the first one began as master. */
  readonly servers: readonly RedisServer[];
  readonly sentinels: readonly RedisServer[];
  /** host:port of each Sentinel. */
  readonly sentinelAddresses: readonly string[];
  /** The server that most Sentinels name; null while there is no majority. */
  named(): Promise<RedisServer | null>;
  /** The servers that say role:master themselves. */
  claimants(): Promise<readonly RedisServer[]>;
  stop(): Promise<void>;
}

const HOST = "127.0.0.1";

const PLAIN = [
  ["--bind", HOST],
  ["--save", ""],
  ["--appendonly", "no"],
  // With the default of 5 s a replica would wait so long for others that want the same copy.
  ["--repl-diskless-sync-delay", "0"],
  ["--repl-ping-replica-period", "1"],
  ["--repl-timeout", "5"],
].flat();

/** One command over a connection of its own. */
async function ask(port: number, password: string | undefined, words: readonly string[]): Promise<unknown> {
  const client = new Redis({
    port,
    host: HOST,
    lazyConnect: true,
    retryStrategy: null,
    enableReadyCheck: false,
    enableOfflineQueue: false,
    disableClientInfo: true,
    protocol: 2,
    connectTimeout: 1000,
    commandTimeout: 2000,
    disconnectTimeout: 10,
    ...(password === undefined ? {} : { password }),
  });
  client.on("error", () => {});
  try {
    await client.connect();
    const [name = "", ...args] = words;
    return await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}

async function keepServer(
  argv: (dir: string, port: number) => readonly string[],
  options: RedisOptions,
): Promise<RedisServer> {
  const port = options.port ?? (await freePort());
  const dir = tempDir("redis");
  const { password } = options;
  let running: Running;
  const begin = async (more: readonly string[]): Promise<void> => {
    running = await start([...argv(dir, port), ...more], { dir });
    await listening(port);
  };
  await begin([]);
  return {
    port,
    address: `${HOST}:${port}`,
    dir,
    pid: () => running.pid,
    command: (...words) => ask(port, password, words),
    signal: (name) => running.signal(name),
    output: () => running.output(),
    async restart(more = []) {
      await running.stop();
      await begin(more);
    },
    async stop() {
      await running.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Starts a Redis server; resolves when it accepts connections, which a loading one does too. */
export function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const { password, args = [] } = options;
  const login = password === undefined ? [] : ["--requirepass", password, "--masterauth", password];
  return keepServer(
    (dir, port) => ["redis-server", "--port", String(port), "--dir", dir, ...PLAIN, ...login, ...args],
    options,
  );
}

/** Starts a replica of a master; resolves when its link is up. */
export async function startReplica(master: RedisServer, options: RedisOptions = {}): Promise<RedisServer> {
  const args = ["--replicaof", HOST, String(master.port), ...(options.args ?? [])];
  const replica = await startRedis({ ...options, args });
  await until("the replica to be linked", async () => String(await replica.command("ROLE")).includes(",connected,"));
  return replica;
}

/** How fast Sentinels act; they ping once a second, so that less than 1000 ms finds everybody down now and then. */
export interface SentinelOptions {
  readonly masterName?: string;
  readonly downAfterMs?: number;
  readonly failoverTimeoutMs?: number;
  readonly quorum?: number;
  readonly password?: string;
  /** More lines of sentinel.conf. */
  readonly lines?: readonly string[];
}

/** Starts one Sentinel that watches a master. */
export function startSentinel(master: RedisServer, options: SentinelOptions = {}): Promise<RedisServer> {
  const {
    masterName = "mymaster",
    downAfterMs = 1000,
    failoverTimeoutMs = 3000,
    quorum = 2,
    password,
    lines: more = [],
  } = options;
  const lines = (port: number): string[] => [
    `port ${port}`,
    `bind ${HOST}`,
    `sentinel monitor ${masterName} ${HOST} ${master.port} ${quorum}`,
    `sentinel down-after-milliseconds ${masterName} ${downAfterMs}`,
    `sentinel failover-timeout ${masterName} ${failoverTimeoutMs}`,
    ...more,
    ...(password === undefined ? [] : [`requirepass ${password}`, `sentinel sentinel-pass ${password}`]),
  ];
  return keepServer(
    (dir, port) => {
      const file = join(dir, "sentinel.conf");
      // A Sentinel writes what it learned into its file: a restart goes on with that.
      if (!existsSync(file)) writeFileSync(file, `${lines(port).join("\n")}\n`);
      return ["redis-sentinel", file];
    },
    password === undefined ? {} : { password },
  );
}

/** Starts a master, `replicas` replicas and `sentinels` Sentinels; resolves when the Sentinels have found all and have a quorum. */
export async function startGroup(
  options: SentinelOptions & { readonly replicas?: number; readonly sentinels?: number } = {},
): Promise<RedisGroup> {
  const { masterName = "mymaster", replicas: wanted = 2, sentinels: watchers = 3 } = options;
  const master = await startRedis();
  const replicas = await Promise.all(Array.from({ length: wanted }, () => startReplica(master)));
  const servers = [master, ...replicas];
  const sentinels = await Promise.all(Array.from({ length: watchers }, () => startSentinel(master, options)));
  await Promise.all(sentinels.map((each) => ready(each, masterName, wanted, watchers)));
  return {
    masterName,
    servers,
    sentinels,
    sentinelAddresses: sentinels.map((each) => each.address),
    named: () => namedBy(sentinels, masterName, servers),
    claimants: () => claimantsOf(servers),
    async stop() {
      await Promise.all(sentinels.map((each) => each.stop()));
      await Promise.all(servers.map((each) => each.stop()));
    },
  };
}

const ready = (sentinel: RedisServer, name: string, replicas: number, sentinels: number): Promise<boolean> =>
  until("a Sentinel to know its group", async () => {
    const flat: unknown = await sentinel.command("SENTINEL", "MASTER", name);
    const fields = Array.isArray(flat) ? flat.map(String) : [];
    const count = (field: string): number => Number(fields[fields.indexOf(field) + 1]);
    return (
      count("num-slaves") === replicas &&
      count("num-other-sentinels") === sentinels - 1 &&
      String(await sentinel.command("SENTINEL", "CKQUORUM", name)).startsWith("OK")
    );
  });

async function namedBy(
  sentinels: readonly RedisServer[],
  name: string,
  servers: readonly RedisServer[],
): Promise<RedisServer | null> {
  const answers = await Promise.allSettled(
    sentinels.map((each) => each.command("SENTINEL", "get-master-addr-by-name", name)),
  );
  const ports = answers.map((answer) =>
    answer.status === "fulfilled" && Array.isArray(answer.value) ? Number(answer.value[1]) : 0,
  );
  const votes = (server: RedisServer): number => ports.filter((port) => port === server.port).length;
  return servers.find((server) => votes(server) * 2 > sentinels.length) ?? null;
}

async function claimantsOf(servers: readonly RedisServer[]): Promise<readonly RedisServer[]> {
  const roles = await Promise.allSettled(servers.map((each) => each.command("ROLE")));
  return servers.filter((_, index) => {
    const role = roles[index];
    return role?.status === "fulfilled" && Array.isArray(role.value) && role.value[0] === "master";
  });
}
