// MySQL and MariaDB renamed the same things at different times: which statements a server of a version understands.

/** Family and version of a server. */
export interface Dialect {
  readonly family: "mysql" | "mariadb";
  /** major * 10000 + minor * 100 + patch. */
  readonly version: number;
  /** As the server says it. */
  readonly text: string;
}

const NUMBERS = /(\d+)\.(\d+)(?:\.(\d+))?/;

/** Reads `SELECT @@version`. */
export function dialectOf(text: string): Dialect {
  // Some proxies pass on the prefix that MariaDB puts before its version in the greeting.
  const [, major, minor, patch] = NUMBERS.exec(text.replace(/^5\.5\.5-/, "")) ?? [];
  const version = Number(major ?? 0) * 10_000 + Number(minor ?? 0) * 100 + Number(patch ?? 0);
  return { family: /mariadb/i.test(text) ? "mariadb" : "mysql", version, text };
}

const isModern = ({ family, version }: Dialect): boolean => family === "mysql" && version >= 80_022;

/** Statements for the state of all channels: the best first, then what to try when it is not understood. */
export function statusStatements(dialect: Dialect): readonly string[] {
  // Without ALL, MariaDB shows the default connection only: a dead second channel would look healthy.
  if (dialect.family === "mariadb") return ["SHOW ALL SLAVES STATUS", "SHOW REPLICA STATUS", "SHOW SLAVE STATUS"];
  const both = ["SHOW REPLICA STATUS", "SHOW SLAVE STATUS"];
  return [...(isModern(dialect) ? both : both.reverse()), "SHOW ALL SLAVES STATUS"];
}

/** Statements that list the replicas registered with a primary. */
export function listStatements(dialect: Dialect): readonly string[] {
  const both = ["SHOW REPLICAS", "SHOW SLAVE HOSTS"];
  return isModern(dialect) ? both : both.reverse();
}

const to = (user: string): string => `TO '${user}'`;

/** The least grant for the state of replication. */
export function statusGrant({ family, version }: Dialect, user: string): string {
  if (family === "mysql" || version < 100_502) return `GRANT REPLICATION CLIENT ON *.* ${to(user)}`;
  // MariaDB takes REPLICATION CLIENT, stores BINLOG MONITOR, and goes on refusing.
  return version < 100_509
    ? `GRANT REPLICATION SLAVE ADMIN ON *.* ${to(user)}`
    : `GRANT SLAVE MONITOR ON *.* ${to(user)}`;
}

/** The least grant for listing replicas. */
export function listGrant({ family, version }: Dialect, user: string): string {
  const privilege = family === "mariadb" && version >= 100_509 ? "REPLICATION MASTER ADMIN" : "REPLICATION SLAVE";
  return `GRANT ${privilege} ON *.* ${to(user)}`;
}

/** The least grant for reading a table, written `db.table`. */
export const selectGrant = (table: string, user: string): string => `GRANT SELECT ON ${table} ${to(user)}`;
