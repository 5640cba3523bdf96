// Who replicates from a server: what its replicas reported about themselves, and who fetches its binary log.
import { isIP } from "node:net";
import { OwnFault } from "../../../src/index.ts";
import { endpoint } from "../reason.ts";
import { listGrant, listStatements } from "./dialect.ts";
import { isNotGranted } from "./fault.ts";
import type { Known } from "./known.ts";
import type { Address } from "./session.ts";
import { numberOf, type SqlRow, textOf } from "./status.ts";

/** Where replicas are looked for. */
export type Discover = "auto" | "hosts" | "processlist";

/** A replica that says where it listens, or (host null) does not. */
export interface Registered {
  readonly serverId: string;
  readonly host: string | null;
  readonly port: number;
}

/** The replicas, and those that cannot be reached by what is known of them. */
export interface ReplicaList {
  readonly replicas: readonly Address[];
  readonly refused: readonly { readonly entry: string; readonly why: string }[];
}

/** Reads SHOW REPLICAS and SHOW SLAVE HOSTS. */
export const readRegistered = (rows: readonly SqlRow[]): readonly Registered[] =>
  rows.map((row) => ({
    serverId: textOf(row.Server_Id ?? row.Server_id) ?? "?",
    host: textOf(row.Host),
    port: numberOf(row.Port) ?? 0,
  }));

/** Addresses of those who fetch the binary log, by SHOW PROCESSLIST; their ports are those of the connection only. */
export function readFetchers(rows: readonly SqlRow[]): readonly string[] {
  const fetching = rows.filter((row) => textOf(row.Command)?.startsWith("Binlog Dump"));
  return [...new Set(fetching.flatMap((row) => textOf(row.Host)?.replace(/:\d+$/, "") ?? []))];
}

/** Asks a server for its replicas; `port` is where replicas listen that are known by their address only. */
export async function askReplicas(known: Known, discover: Discover, port: number): Promise<ReplicaList> {
  if (discover === "processlist") return byAddress(await askFetchers(known), port);
  const registered = await askRegistered(known, discover);
  const named = byName(registered ?? []);
  if (discover === "hosts" || isComplete(registered)) return named;
  const fetchers = await askFetchers(known).catch((error: unknown) => {
    if (registered === null) throw error;
    return [];
  });
  return united(named, byAddress(fetchers, port));
}

const isComplete = (registered: readonly Registered[] | null): boolean =>
  registered !== null && registered.length > 0 && registered.every(({ host }) => host !== null);

/** null: not granted, and there is another way. */
async function askRegistered(
  { ask, dialect, session }: Known,
  discover: Discover,
): Promise<readonly Registered[] | null> {
  try {
    return readRegistered(await ask("list", listStatements(dialect), listGrant(dialect, session.user)));
  } catch (error) {
    if (discover === "auto" && isNotGranted(error)) return null;
    throw error;
  }
}

async function askFetchers({ session }: Known): Promise<readonly string[]> {
  const rows = await session.rows("SHOW PROCESSLIST");
  const fetchers = readFetchers(rows);
  const seesOthers = rows.some((row) => textOf(row.User) !== session.user);
  if (fetchers.length > 0 || seesOthers || (await maySeeAll(session))) return fetchers;
  // Without the privilege the list holds our own connections only, which looks like "no replicas".
  throw new OwnFault(`missing grant: GRANT PROCESS ON *.* TO '${session.user}'`);
}

async function maySeeAll(session: Known["session"]): Promise<boolean> {
  const grants = await session.rows("SHOW GRANTS");
  return grants.flatMap(Object.values).some((grant) => /\b(PROCESS|ALL PRIVILEGES)\b.* ON \*\.\*/.test(String(grant)));
}

function byName(registered: readonly Registered[]): ReplicaList {
  const replicas = registered.flatMap(({ host, port }) => (host === null || port === 0 ? [] : { host, port }));
  const refused = registered.flatMap(({ host, port, serverId }) => {
    if (host === null) return { entry: `server_id ${serverId}`, why: "it sets no report_host" };
    return port === 0 ? { entry: `server_id ${serverId} at ${host}`, why: "it reports no port" } : [];
  });
  return { replicas, refused };
}

const byAddress = (hosts: readonly string[], port: number): ReplicaList => ({
  replicas: hosts.map((host) => ({ host, port })),
  refused: [],
});

/** What was reported, and those seen by address besides; a reported name cannot be told from an address. */
function united(named: ReplicaList, seen: ReplicaList): ReplicaList {
  if (named.replicas.some(({ host }) => isIP(host) === 0)) return named;
  const more = seen.replicas.filter(({ host }) => named.replicas.every((each) => each.host !== host));
  return { replicas: [...named.replicas, ...more], refused: more.length > 0 ? [] : named.refused };
}

/** Each address once, without the primary's own. */
export function distinct(list: ReplicaList, primary: Address): ReplicaList {
  const own = endpoint(primary);
  const replicas = new Map(list.replicas.map((each) => [endpoint(each), each]));
  const itself = replicas.delete(own);
  const why = "that is the primary itself: set port, or report_host on the replica";
  return { replicas: [...replicas.values()], refused: itself ? [...list.refused, { entry: own, why }] : list.refused };
}
