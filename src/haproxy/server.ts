import type { Columns } from "./table.ts";

/** One server as HAProxy has it: from `show servers state` and `show stat`. */
export interface ServerSeen {
  readonly backend: string;
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Column srv_admin_state: 1 forced maintenance, 8 forced drain, and those inherited or configured. */
  readonly admin: number;
  /** Column srv_op_state: 0 stopped, 1 starting, 2 running, 3 stopping. */
  readonly operational: number;
  /** Set weight now, and the configured one. */
  readonly weight: number;
  readonly configuredWeight: number;
  readonly agentAddress: string | null;
  readonly agentPort: number;
  /** `UP`, `DOWN (agent)`, `MAINT`, ... of `show stat`. */
  readonly status: string;
  readonly sessions: number;
  readonly lastAgent: string;
  readonly agentConfigured: boolean;
  readonly agentEnabled: boolean;
  /** An agent check is in flight: its answer may be older than what was said meanwhile. */
  readonly agentAsking: boolean;
  readonly checkConfigured: boolean;
  readonly checkEnabled: boolean;
}

// Bits of columns srv_admin_state, srv_check_state and srv_agent_state (HAProxy: include/haproxy/server-t.h, check-t.h).
const FORCED_MAINT = 1;
const FORCED_DRAIN = 8;
const ASKING = 1;
const CONFIGURED = 2;
const ENABLED = 4;

/** Whether somebody ordered maintenance on this server at run time. */
export const isMaint = ({ admin }: ServerSeen): boolean => (admin & FORCED_MAINT) !== 0;

/** Whether somebody ordered drain on this server at run time. */
export const isDrain = ({ admin }: ServerSeen): boolean => (admin & FORCED_DRAIN) !== 0;

/** Whether HAProxy sends it nothing new because it is down or in maintenance. */
export const isDown = ({ status }: ServerSeen): boolean => /^(?:DOWN|MAINT|NOLB)/.test(status);

const given = (text: string | undefined): string | null =>
  text === undefined || text === "-" || text === "" ? null : text;

/** Joins the two tables by backend and server; a server that only one of them has is left out (HAProxy is about to drop it). */
export function serversOf(states: readonly Columns[], stats: readonly Columns[]): ReadonlyMap<string, ServerSeen> {
  const byName = new Map(stats.map((row) => [`${row.pxname}/${row.svname}`, row]));
  const seen = new Map<string, ServerSeen>();
  for (const row of states) {
    const id = `${row.be_name}/${row.srv_name}`;
    const stat = byName.get(id);
    if (stat !== undefined) seen.set(id, join(row, stat));
  }
  return seen;
}

function join(row: Columns, stat: Columns): ServerSeen {
  const agent = Number(row.srv_agent_state ?? 0);
  const check = Number(row.srv_check_state ?? 0);
  return {
    backend: row.be_name ?? "",
    name: row.srv_name ?? "",
    host: given(row.srv_addr) ?? "",
    port: Number(row.srv_port ?? 0),
    admin: Number(row.srv_admin_state ?? 0),
    operational: Number(row.srv_op_state ?? 0),
    weight: Number(row.srv_uweight ?? 0),
    configuredWeight: Number(row.srv_iweight ?? 0),
    agentAddress: given(row.srv_agent_addr),
    agentPort: Number(given(row.srv_agent_port) ?? 0),
    // A check in flight shows as "* L4OK"; the status itself never does.
    status: stat.status ?? "",
    sessions: Number(stat.scur ?? 0),
    lastAgent: stat.last_agt ?? "",
    agentConfigured: (agent & CONFIGURED) !== 0,
    agentEnabled: (agent & ENABLED) !== 0,
    agentAsking: (agent & ASKING) !== 0,
    checkConfigured: (check & CONFIGURED) !== 0,
    checkEnabled: (check & ENABLED) !== 0,
  };
}
