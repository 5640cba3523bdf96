// Real MariaDB servers on loopback ports: a template data folder is made once and copied for each server.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createConnection, type RowDataPacket } from "mysql2";
import { freePort, type Running, start, tempDir, until } from "./process.ts";

/** Accounts that every test server has. `monitor` may read replication states and list replicas. */
export const MONITOR = { user: "monitor", password: "monitor-pw" } as const;
export const REPLICATION = { user: "repl", password: "repl-pw" } as const;

/** One row of an answer. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** A database server of a test; `sql` asks as root over a connection of its own. */
export interface DatabaseServer {
  readonly port: number;
  readonly dir: string;
  readonly pid: number;
  sql(text: string): Promise<readonly SqlRow[]>;
  /** KILL, STOP, CONT: to the server itself. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again on its port and data, also after it was killed. */
  restart(args?: readonly string[]): Promise<void>;
  output(): string;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

/** A primary and its replica. */
export interface Pair {
  readonly primary: DatabaseServer;
  readonly replica: DatabaseServer;
  stop(): Promise<void>;
}

const FAST = [
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-flush-method=nosync",
  "--innodb-log-file-size=4M",
  "--innodb-buffer-pool-size=8M",
  "--innodb-data-file-path=ibdata1:12M:autoextend",
  "--innodb-undo-tablespaces=0",
  "--innodb-doublewrite=0",
  "--innodb-buffer-pool-dump-at-shutdown=0",
  "--innodb-buffer-pool-load-at-startup=0",
  "--innodb-temp-data-file-path=ibtmp1:1M:autoextend",
  "--aria-pagecache-buffer-size=1M",
  "--key-buffer-size=1M",
  "--performance-schema=OFF",
  "--sync-binlog=0",
];

// Bootstrap wants one statement a line.
const SEED = [
  "FLUSH PRIVILEGES;",
  "CREATE OR REPLACE USER root@'127.0.0.1';",
  "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;",
  `CREATE USER ${MONITOR.user}@'%' IDENTIFIED BY '${MONITOR.password}';`,
  `GRANT SLAVE MONITOR, REPLICATION MASTER ADMIN ON *.* TO ${MONITOR.user}@'%';`,
  `GRANT SELECT ON percona.* TO ${MONITOR.user}@'%';`,
  `CREATE USER ${REPLICATION.user}@'%' IDENTIFIED BY '${REPLICATION.password}';`,
  `GRANT REPLICATION SLAVE ON *.* TO ${REPLICATION.user}@'%';`,
  "CREATE DATABASE app;",
  "CREATE TABLE app.items (id INT PRIMARY KEY, text VARCHAR(40));",
  "CREATE DATABASE percona;",
].join("\n");

const CACHE = fileURLToPath(new URL("../../.cache/servers/", import.meta.url));

const account = (): string => userInfo().username;

/** Copies a folder with its hard facts kept; the data folders of a template hold plain files only. */
export function copyData(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  cpSync(from, to, { recursive: true });
}

/** Makes a folder once for all test runs: `fill` gets a new folder that takes the name when it is complete. */
export function template(name: string, parts: readonly string[], fill: (dir: string) => void): string {
  const hash = createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 12);
  const dir = join(CACHE, `${name}-data-${hash}`);
  if (existsSync(dir)) return dir;
  mkdirSync(CACHE, { recursive: true });
  const work = mkdtempSync(join(CACHE, `.${name}-`));
  const made = join(work, "data");
  try {
    fill(made);
    if (!existsSync(dir)) renameSync(made, dir);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return dir;
}

function templateData(): string {
  const version = execFileSync("mariadbd", ["--version"], { encoding: "utf8" });
  return template("mariadb", [version, SEED, ...FAST], (dir) => {
    const common = ["--no-defaults", `--user=${account()}`, `--datadir=${dir}`];
    const setup = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"];
    execFileSync("mariadb-install-db", [...common, ...setup, ...FAST], { stdio: "pipe" });
    execFileSync("mariadbd", [...common, ...FAST, "--bootstrap", "--skip-log-bin"], { input: SEED, stdio: "pipe" });
  });
}

/** Asks a server as root until it answers, over one connection that is renewed when it was lost. */
export function rootClient(port: () => number, user = "root", password = "", host = "127.0.0.1") {
  let connection: ReturnType<typeof createConnection> | null = null;
  const fresh = (): ReturnType<typeof createConnection> => {
    const made = createConnection({ host, port: port(), user, password, multipleStatements: true });
    const forget = (): void => {
      if (connection === made) connection = null;
    };
    made.on("error", forget);
    made.on("end", forget);
    return made;
  };
  return {
    sql: (text: string): Promise<readonly SqlRow[]> =>
      new Promise((done, fail) => {
        connection ??= fresh();
        connection.query<RowDataPacket[]>(text, (error, rows) => {
          if (error === null) return done(Array.isArray(rows) ? rows : []);
          if (error.fatal) connection = null;
          fail(error);
        });
      }),
    close: (): void => {
      connection?.destroy();
      connection = null;
    },
  };
}

/** Keeps a server process that can be killed and started again; `argv` gets the port and the data folder. */
export async function keepServer(
  name: string,
  data: string,
  argv: (port: number, dir: string) => readonly string[],
  place: { readonly host: string; readonly port: number } | null = null,
): Promise<DatabaseServer> {
  const home = tempDir(name);
  const dir = join(home, "data");
  copyData(data, dir);
  const port = place?.port ?? (await freePort());
  const root = rootClient(() => port, "root", "", place?.host);
  const launch = (args: readonly string[]): Promise<Running> => start([...argv(port, dir), ...args], { dir: home });
  const ready = (): Promise<unknown> =>
    until(`${name} on ${port}`, async () => (await root.sql("SELECT 1")).length, 30_000);
  let running = await launch([]);
  const server: DatabaseServer = {
    port,
    dir,
    get pid() {
      return running.pid;
    },
    sql: root.sql,
    signal: (signal) => running.signal(signal),
    restart: async (args = []) => {
      root.close();
      await running.stop();
      running = await launch(args);
      await ready();
    },
    output: () => running.output(),
    stop: async () => {
      root.close();
      await running.stop(1000);
      rmSync(home, { recursive: true, force: true });
    },
  };
  try {
    await ready();
  } catch (error) {
    await server.stop();
    throw new Error(`${name} did not answer: ${running.output().slice(-2000)}`, { cause: error });
  }
  return server;
}

/**
 * Starts one MariaDB with the accounts above; `args` are added to its command line. `place`: several with one port, as
 * on hosts of their own.
 */
export function startMariadb(
  args: readonly string[] = [],
  serverId = 1,
  place: { readonly host: string; readonly port: number } | null = null,
): Promise<DatabaseServer> {
  const host = place?.host ?? "127.0.0.1";
  const argv = (port: number, dir: string): readonly string[] => [
    "mariadbd",
    "--no-defaults",
    `--user=${account()}`,
    `--datadir=${dir}`,
    `--port=${port}`,
    `--bind-address=${host}`,
    `--socket=${join(dir, "socket")}`,
    `--pid-file=${join(dir, "pid")}`,
    `--server-id=${serverId}`,
    "--skip-name-resolve",
    ...FAST,
    "--log-bin=bin",
    "--binlog-format=ROW",
    `--report-host=${host}`,
    `--report-port=${port}`,
    "--relay-log=relay",
    "--slave-net-timeout=4",
    ...args,
  ];
  return keepServer("mariadb", templateData(), argv, place);
}

/** Makes a MariaDB follow another one; `channel` names a connection besides the default one. */
export async function follow(replica: DatabaseServer, primary: DatabaseServer, channel = "", more = ""): Promise<void> {
  const name = channel === "" ? "" : `'${channel}' `;
  const login = `MASTER_USER='${REPLICATION.user}', MASTER_PASSWORD='${REPLICATION.password}'`;
  const where = `MASTER_HOST='127.0.0.1', MASTER_PORT=${primary.port}, ${login}`;
  await replica.sql(
    `CHANGE MASTER ${name}TO ${where}, MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=0.5${more}; START SLAVE ${name}`,
  );
}

/** Status rows of all channels of a MariaDB, as it tells them. */
export const slaveStatus = (server: DatabaseServer): Promise<readonly SqlRow[]> => server.sql("SHOW ALL SLAVES STATUS");

/** Resolves when the first channel shows this io and sql state. */
export const replicates = (server: DatabaseServer, io = "Yes", sql = "Yes"): Promise<boolean> =>
  until(`io ${io}, sql ${sql}`, async () => {
    const [row] = await slaveStatus(server);
    return row?.Slave_IO_Running === io && row.Slave_SQL_Running === sql;
  });

/** Starts a primary and a read-only replica that follows it, and waits until both threads run. */
export async function startPair(args: readonly string[] = []): Promise<Pair> {
  const [primary, replica] = await Promise.all([startMariadb(args, 1), startMariadb(["--read-only=1", ...args], 2)]);
  const stop = async (): Promise<void> => {
    await Promise.all([replica.stop(), primary.stop()]);
  };
  try {
    await follow(replica, primary);
    await replicates(replica);
  } catch (error) {
    await stop();
    throw error;
  }
  return { primary, replica, stop };
}
