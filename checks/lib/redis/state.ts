import { type Answer, Refused } from "./refusal.ts";

/** What a server said of itself. */
export interface ServerState {
  /** Why it refuses PING; null when it answered PONG. */
  readonly refuses: Refused | null;
  readonly role: "master" | "slave";
  /** host:port it replicates from. */
  readonly follows: string | null;
  readonly linkUp: boolean;
  readonly syncing: boolean;
  readonly lastIoSeconds: number | null;
  /** null while the link is up, and when there was none since it began to follow its master. */
  readonly linkDownSeconds: number | null;
  /** Own replication offset. */
  readonly offset: number;
  readonly readOnly: boolean | null;
  readonly connectedReplicas: number;
  /** Replicas good enough for min-replicas-to-write; null where that is not set. */
  readonly goodReplicas: number | null;
  readonly replid: string | null;
  readonly replid2: string | null;
  /** cluster_state and own config epoch; null where cluster is off. */
  readonly cluster: { readonly state: string; readonly epoch: number | null } | null;
}

/** Asked of every server, in one write. */
export const QUESTION = [["PING"], ["ROLE"], ["INFO", "replication"]] as const;

/** The least ACL that these questions need. */
export const GRANT = "on resetchannels -@all +ping +info +role +cluster|info";

const NO_HISTORY = /^0*$/;

/** `key:value` lines of INFO and CLUSTER INFO. */
export function parseInfo(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** A field as a number; null when it is not there or -1 (Redis: not known). */
export function numberOf(fields: ReadonlyMap<string, string>, name: string): number | null {
  const value = Number(fields.get(name) ?? Number.NaN);
  return Number.isFinite(value) && value >= 0 ? value : null;
}

/**
 * Reads the answers of one server again and again. They are mostly those of the last time, word for word: then it gives
 * the very state that they made.
 */
export function stateReader(): (answers: readonly Answer[]) => ServerState {
  let last: readonly Answer[] = [];
  let state: ServerState | null = null;
  return (answers) => {
    const [ping, role, info, cluster] = answers;
    const parts = [ping, Array.isArray(role) ? roleText(role) : role, info, cluster];
    if (state === null || parts.some((part, at) => part !== last[at])) {
      state = readState(answers);
      last = parts;
    }
    return state;
  };
}

/** What a state takes from ROLE: not the offsets, which INFO has too, nor the replicas of a master. */
const roleText = (role: readonly unknown[]): string => (role[0] === "master" ? "master" : role.slice(0, 4).join(" "));

/** Joins the answers to QUESTION, and to CLUSTER INFO where it was asked; throws the Refused that leaves the role unknown. */
export function readState(answers: readonly Answer[]): ServerState {
  const [ping, role, info, cluster] = answers;
  for (const answer of [role, info, cluster]) if (answer instanceof Refused) throw answer;
  if (!Array.isArray(role)) throw new Error("ROLE was not answered with a list");
  const fields = parseInfo(String(info));
  return { ...replication(role, fields), refuses: refusalIn(ping), cluster: clusterOf(cluster) };
}

function refusalIn(ping: Answer): Refused | null {
  if (ping instanceof Refused) {
    if (ping.meaning !== "cannot serve") throw ping;
    return ping;
  }
  if (ping === "PONG") return null;
  throw new Error("PING was not answered with PONG: is this a Redis server?");
}

function replication(role: readonly unknown[], fields: ReadonlyMap<string, string>) {
  const isMaster = role[0] === "master";
  if (!isMaster && role[0] !== "slave") throw new Error(`role is ${String(role[0])}, neither master nor slave`);
  const replid2 = fields.get("master_replid2") ?? "";
  return {
    role: isMaster ? ("master" as const) : ("slave" as const),
    follows: isMaster ? null : address(String(role[1]), Number(role[2])),
    linkUp: role[3] === "connected" && fields.get("master_link_status") !== "down",
    syncing: fields.get("master_sync_in_progress") === "1",
    lastIoSeconds: numberOf(fields, "master_last_io_seconds_ago"),
    linkDownSeconds: sinceDown(fields),
    offset: numberOf(fields, isMaster ? "master_repl_offset" : "slave_repl_offset") ?? 0,
    readOnly: isMaster ? null : fields.get("slave_read_only") !== "0",
    connectedReplicas: numberOf(fields, "connected_slaves") ?? 0,
    goodReplicas: numberOf(fields, "min_slaves_good_slaves"),
    replid: fields.get("master_replid") ?? null,
    replid2: NO_HISTORY.test(replid2) ? null : replid2,
  };
}

/** Before Redis 7 a link that never was is down since 1970. */
function sinceDown(fields: ReadonlyMap<string, string>): number | null {
  const seconds = numberOf(fields, "master_link_down_since_seconds");
  return seconds === null || seconds > 1_000_000_000 ? null : seconds;
}

function clusterOf(answer: Answer): ServerState["cluster"] {
  if (typeof answer !== "string") return null;
  const fields = parseInfo(answer);
  return { state: fields.get("cluster_state") ?? "unknown", epoch: numberOf(fields, "cluster_my_epoch") };
}

/** host:port as Redis and Sentinel write it, with brackets around an IPv6 address. */
export const address = (host: string, port: number): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
