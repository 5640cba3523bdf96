import { duration, type Secret, secret, z } from "../../../src/index.ts";
import { type TlsOptions, tlsSwitch } from "../tls.ts";

/** How to log in to a MySQL or MariaDB server. */
export interface Access {
  readonly user: string;
  readonly password: Secret | undefined;
  readonly database: string | undefined;
  readonly tls: TlsOptions | undefined;
}

/** Options of the login; sources that take them from the pool's check have them all optional. */
export const accessShape = {
  user: z.string().min(1).describe("account that asks; see the least grant below"),
  password: secret().optional().describe("its password; a changed file is read at the next login (default: none)"),
  database: z.string().min(1).optional().describe("database to select at login (default: none)"),
  tls: tlsSwitch().optional().describe("TLS to the server: true, or its options (default: no TLS)"),
};

/** Options of the connection that a probe keeps. */
export const keptShape = {
  fresh_every: z
    .int()
    .min(1)
    .default(10)
    .describe("every how many questions a new connection is made, to test accept and login as well (default: 10)"),
};

type AccessOptions = z.output<z.ZodObject<typeof accessShape>>;

/** The login in these options. */
export const accessOf = ({ user, password, database, tls }: AccessOptions): Access => ({
  user,
  password,
  database,
  tls,
});

const TABLE = /^[\w$]+\.[\w$]+$/;

/** A table written `database.table`. */
export const tableName = () => z.string().regex(TABLE, "write database.table");

/** A table name in quotes for a statement. */
export const quotedTable = (table: string): string => table.replace(/[\w$]+/g, "`$&`");

/** Where pt-heartbeat writes, and how. */
export const heartbeatSchema = () =>
  z.strictObject({
    table: tableName().default("percona.heartbeat").describe("pt-heartbeat's table (default: percona.heartbeat)"),
    utc: z
      .boolean()
      .default(true)
      .describe(
        "true for pt-heartbeat --utc; false when it writes local time, then the replica's zone (default: true)",
      ),
    server_id: z
      .int()
      .min(1)
      .optional()
      .describe("server_id of the row; needed below another replica (default: that of the replica's own primary)"),
    interval: duration()
      .default(1000)
      .describe("how often pt-heartbeat writes: that much of the age is no lag (default: 1s)"),
  });

/** Options of pt-heartbeat. */
export type HeartbeatOptions = z.output<ReturnType<typeof heartbeatSchema>>;

/** What a Galera node must show. */
export const galeraSchema = () =>
  z.strictObject({
    donor: z
      .boolean()
      .default(false)
      .describe("true: a donor or desynced node is fit as well; false: it is stale (default: false)"),
    table: tableName()
      .optional()
      .describe("a table that is read: the only sign of wsrep_reject_queries (default: none is read)"),
  });

/** Options of a Galera node. */
export type GaleraOptions = z.output<ReturnType<typeof galeraSchema>>;

/** `true` for Galera with its defaults, or its options. */
export const galeraSwitch = () => z.union([z.literal(true).transform(() => galeraSchema().parse({})), galeraSchema()]);
