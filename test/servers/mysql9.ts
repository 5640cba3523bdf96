// Real MySQL 9 servers, unpacked and not installed (scripts/servers.mjs), on loopback ports.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { unpackedCommand, unpackedRoot } from "../../scripts/servers.mjs";
import { type DatabaseServer, keepServer, MONITOR, type Pair, REPLICATION, type SqlRow, template } from "./mariadb.ts";
import { until } from "./process.ts";

const FAST = [
  "--innodb-flush-log-at-trx-commit=0",
  "--innodb-flush-method=nosync",
  "--innodb-redo-log-capacity=64M",
  "--innodb-buffer-pool-size=8M",
  "--innodb-doublewrite=OFF",
  "--performance-schema=OFF",
  "--sync-binlog=0",
];

const SEED = [
  "CREATE USER root@'127.0.0.1' IDENTIFIED BY '';",
  "GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;",
  `CREATE USER ${MONITOR.user}@'%' IDENTIFIED BY '${MONITOR.password}';`,
  `GRANT REPLICATION CLIENT, REPLICATION SLAVE ON *.* TO ${MONITOR.user}@'%';`,
  `CREATE USER ${REPLICATION.user}@'%' IDENTIFIED BY '${REPLICATION.password}';`,
  `GRANT REPLICATION SLAVE ON *.* TO ${REPLICATION.user}@'%';`,
  "CREATE DATABASE app;",
  "CREATE TABLE app.items (id INT PRIMARY KEY, text VARCHAR(40));",
].join("\n");

function common(dir: string): string[] {
  const root = unpackedRoot("mysql-9");
  return [
    ...unpackedCommand("mysql-9"),
    "--no-defaults",
    `--user=${userInfo().username}`,
    `--datadir=${dir}`,
    "--secure-file-priv=",
    `--lc-messages-dir=${root}/usr/share/mysql`,
    `--character-sets-dir=${root}/usr/share/mysql/charsets`,
    `--plugin-dir=${root}/usr/lib/mysql/plugin`,
    "--mysqlx=0",
    "--skip-name-resolve",
    ...FAST,
  ];
}

function templateData(): string {
  return template("mysql-9", [SEED, ...FAST], (dir) => {
    const seed = join(tmpdir(), `checkd-mysql-seed-${process.pid}.sql`);
    writeFileSync(seed, SEED);
    mkdirSync(dir, { recursive: true });
    try {
      const [file = "", ...args] = [...common(dir), "--initialize-insecure", `--init-file=${seed}`, "--skip-log-bin"];
      execFileSync(file, args, { stdio: "pipe" });
      // Two servers of one identity refuse to follow each other: each makes its own at its first start.
      rmSync(join(dir, "auto.cnf"));
    } finally {
      rmSync(seed, { force: true });
    }
  });
}

/** Starts one MySQL 9 with the accounts of mariadb.ts; `args` are added to its command line. */
export function startMysql9(args: readonly string[] = [], serverId = 1): Promise<DatabaseServer> {
  return keepServer("mysql9", templateData(), (port, dir) => [
    ...common(dir),
    `--port=${port}`,
    "--bind-address=127.0.0.1",
    `--socket=${join(dir, "socket")}`,
    `--pid-file=${join(dir, "pid")}`,
    `--server-id=${serverId}`,
    "--log-bin=bin",
    "--relay-log=relay",
    "--report-host=127.0.0.1",
    `--report-port=${port}`,
    "--replica-net-timeout=4",
    "--gtid-mode=ON",
    "--enforce-gtid-consistency=ON",
    ...args,
  ]);
}

/** Makes a MySQL 9 follow another one. */
export async function followMysql9(replica: DatabaseServer, primary: DatabaseServer, more = ""): Promise<void> {
  const login = `SOURCE_USER='${REPLICATION.user}', SOURCE_PASSWORD='${REPLICATION.password}'`;
  const how = "SOURCE_AUTO_POSITION=1, GET_SOURCE_PUBLIC_KEY=1, SOURCE_CONNECT_RETRY=1, SOURCE_HEARTBEAT_PERIOD=0.5";
  const where = `SOURCE_HOST='127.0.0.1', SOURCE_PORT=${primary.port}`;
  await replica.sql(`CHANGE REPLICATION SOURCE TO ${where}, ${login}, ${how}${more}; START REPLICA`);
}

/** Status rows of a MySQL 9, as it tells them. */
export const replicaStatus = (server: DatabaseServer): Promise<readonly SqlRow[]> => server.sql("SHOW REPLICA STATUS");

/** Resolves when the first channel shows this io and sql state. */
export const replicatesMysql9 = (server: DatabaseServer, io = "Yes", sql = "Yes"): Promise<boolean> =>
  until(`io ${io}, sql ${sql}`, async () => {
    const [row] = await replicaStatus(server);
    return row?.Replica_IO_Running === io && row.Replica_SQL_Running === sql;
  });

/** Starts a primary and a read-only replica that follows it, and waits until both threads run. */
export async function startMysql9Pair(args: readonly string[] = []): Promise<Pair> {
  const [primary, replica] = await Promise.all([startMysql9(args, 1), startMysql9(["--read-only=1", ...args], 2)]);
  const stop = async (): Promise<void> => {
    await Promise.all([replica.stop(), primary.stop()]);
  };
  try {
    await followMysql9(replica, primary);
    await replicatesMysql9(replica);
  } catch (error) {
    await stop();
    throw error;
  }
  return { primary, replica, stop };
}
