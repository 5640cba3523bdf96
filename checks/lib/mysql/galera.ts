import type { Observation } from "../../../src/index.ts";
import { selectGrant } from "./dialect.ts";
import { isOtherVersion } from "./fault.ts";
import { type GaleraOptions, quotedTable } from "./options.ts";
import type { Session } from "./session.ts";
import { isOn, numberOf, type SqlRow, textOf } from "./status.ts";

/** What a node says of its cluster. */
export interface GaleraState {
  readonly on: boolean;
  readonly ready: boolean;
  /** `Primary` in the part of the cluster that has the quorum. */
  readonly clusterStatus: string | null;
  /** 1 joining, 2 donor or desynced, 3 joined, 4 synced; null when no provider is loaded. */
  readonly localState: number | null;
  readonly localStateName: string | null;
  readonly clusterSize: number | null;
  /** `NONE`, or what refuses all statements that read tables. */
  readonly rejects: string;
}

/** Whether a member of a cluster may serve, and why. */
export interface Standing {
  readonly outcome: Observation["outcome"];
  readonly reason: string;
}

const NOT_GALERA: GaleraState = {
  on: false,
  ready: false,
  clusterStatus: null,
  localState: null,
  localStateName: null,
  clusterSize: null,
  rejects: "NONE",
};

const NAMES = "'wsrep_ready', 'wsrep_cluster_status', 'wsrep_local_state', 'wsrep_local_state_comment'";
const STATUS = `SHOW GLOBAL STATUS WHERE Variable_name IN (${NAMES}, 'wsrep_cluster_size')`;
const SWITCHES = "SELECT @@global.wsrep_on AS wsrep_on, @@global.wsrep_reject_queries AS rejects";

/** Asks a node for its state, and reads the configured table. */
export async function askGalera(session: Session, options: GaleraOptions): Promise<GaleraState> {
  const [switches] = await session.rows(SWITCHES).catch((error: unknown) => {
    if (isOtherVersion(error)) return [];
    throw error;
  });
  if (switches === undefined || !isOn(switches.wsrep_on)) return NOT_GALERA;
  const state = readGalera(await session.rows(STATUS), textOf(switches.rejects) ?? "NONE");
  if (options.table !== undefined) {
    const sql = `SELECT 1 FROM ${quotedTable(options.table)} LIMIT 1`;
    await session.rows(sql, selectGrant(options.table, session.user));
  }
  return state;
}

/** Reads the status variables of a node that runs with wsrep_on. */
export function readGalera(rows: readonly SqlRow[], rejects: string): GaleraState {
  const values = new Map(rows.map((row) => [textOf(row.Variable_name) ?? "", row.Value]));
  return {
    on: true,
    ready: isOn(values.get("wsrep_ready")),
    clusterStatus: textOf(values.get("wsrep_cluster_status")),
    localState: numberOf(values.get("wsrep_local_state")),
    localStateName: textOf(values.get("wsrep_local_state_comment")),
    clusterSize: numberOf(values.get("wsrep_cluster_size")),
    rejects,
  };
}

/** Judges a node. */
export function judgeGalera(state: GaleraState, { donor }: GaleraOptions): Standing {
  if (!state.on) return { outcome: "fail", reason: "no Galera node: wsrep_on is off" };
  const where = `${state.localStateName ?? "no state"}, cluster ${state.clusterStatus ?? "unknown"}`;
  if (state.clusterStatus !== "Primary") return { outcome: "fail", reason: `Galera: ${where}, expected Primary` };
  if (!state.ready) return { outcome: "fail", reason: `Galera: wsrep_ready is off (${where})` };
  if (state.rejects !== "NONE") return { outcome: "fail", reason: `Galera: wsrep_reject_queries=${state.rejects}` };
  if (state.localState === 4) return { outcome: "pass", reason: `Galera ${where}, ${state.clusterSize ?? "?"} nodes` };
  if (state.localState === 2) return { outcome: donor ? "pass" : "warn", reason: `Galera ${where}` };
  return { outcome: "fail", reason: `Galera: ${where}, expected Synced` };
}
