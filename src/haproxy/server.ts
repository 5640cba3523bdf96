import { type Columns, parseCsv, parseTable } from "./table.ts";

/** One server as HAProxy has it: from `show servers state`, and from `show stat` where that was asked too. */
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
  /** Since it last went up or down. */
  readonly unchangedSeconds: number;
  readonly agentAddress: string | null;
  readonly agentPort: number;
  /** `UP`, `DOWN (agent)`, `MAINT`, ...: in the words of `show stat`, or in the nearest of them. */
  readonly status: string;
  /** Sessions it has and that wait for it; null: not asked. */
  readonly sessions: number | null;
  /** What the agent's last word left: 0 down, more: up; null: no agent, or not asked. */
  readonly agentHealth: number | null;
  /** Whether its own check, when it has one, is content; null: no check, or not asked. */
  readonly checkHealthy: boolean | null;
  readonly agentConfigured: boolean;
  readonly agentEnabled: boolean;
  /** An agent check is in flight: its answer may be older than what was said meanwhile. */
  readonly agentAsking: boolean;
  readonly checkConfigured: boolean;
  readonly checkEnabled: boolean;
}

// Bits of columns srv_admin_state, srv_check_state and srv_agent_state (HAProxy: include/haproxy/server-t.h, check-t.h).
const FORCED_MAINT = 1;
const ANY_MAINT = 1 | 2 | 32;
const FORCED_DRAIN = 8;
const ANY_DRAIN = 8 | 16;
const ASKING = 1;
const CONFIGURED = 2;
const ENABLED = 4;

/** Whether somebody ordered maintenance on this server at run time. */
export const isMaint = ({ admin }: ServerSeen): boolean => (admin & FORCED_MAINT) !== 0;

/** Whether it is in maintenance, for whatever reason: ordered, inherited by `track`, or because its name does not resolve. */
export const isAnyMaint = ({ admin }: ServerSeen): boolean => (admin & ANY_MAINT) !== 0;

/** Whether somebody ordered drain on this server at run time. */
export const isDrain = ({ admin }: ServerSeen): boolean => (admin & FORCED_DRAIN) !== 0;

/** Whether HAProxy sends it nothing new because it is down or in maintenance. */
export const isDown = ({ status }: ServerSeen): boolean => /^(?:DOWN|MAINT|NOLB)/.test(status);

const STATE_COLUMNS = [
  "be_name",
  "srv_name",
  "srv_addr",
  "srv_port",
  "srv_op_state",
  "srv_admin_state",
  "srv_uweight",
  "srv_iweight",
  "srv_time_since_last_change",
  "srv_check_state",
  "srv_agent_state",
  "srv_agent_addr",
  "srv_agent_port",
];
const STAT_COLUMNS = ["pxname", "svname", "status", "scur", "qcur", "check_health", "check_rise", "agent_health"];

/** Reads both tables, or the first alone; a server that only one of two has is left out: HAProxy is about to drop it. */
export function serversOf(states: string, stats: string | null): ReadonlyMap<string, ServerSeen> {
  const byName =
    stats === null
      ? null
      : new Map<string, Columns>(parseCsv(stats, STAT_COLUMNS).map((row) => [`${row.pxname}/${row.svname}`, row]));
  const seen = new Map<string, ServerSeen>();
  for (const row of parseTable(states, STATE_COLUMNS)) {
    const id = `${row.be_name}/${row.srv_name}`;
    const stat = byName === null ? null : byName.get(id);
    if (stat !== undefined) seen.set(id, join(row, stat));
  }
  return seen;
}

const given = (text: string | undefined): string | null =>
  text === undefined || text === "-" || text === "" ? null : text;
const numberOr = (text: string | undefined, other: number): number => Number(given(text) ?? other);

function join(row: Columns, stat: Columns | null): ServerSeen {
  const agent = numberOr(row.srv_agent_state, 0);
  const check = numberOr(row.srv_check_state, 0);
  const admin = numberOr(row.srv_admin_state, 0);
  const operational = numberOr(row.srv_op_state, 0);
  return {
    backend: row.be_name ?? "",
    name: row.srv_name ?? "",
    host: given(row.srv_addr) ?? "",
    port: numberOr(row.srv_port, 0),
    admin,
    operational,
    weight: numberOr(row.srv_uweight, 0),
    configuredWeight: numberOr(row.srv_iweight, 0),
    unchangedSeconds: numberOr(row.srv_time_since_last_change, 0),
    agentAddress: given(row.srv_agent_addr),
    agentPort: numberOr(row.srv_agent_port, 0),
    status: stat?.status ?? nearestStatus(admin, operational),
    ...known(stat),
    agentConfigured: (agent & CONFIGURED) !== 0,
    agentEnabled: (agent & ENABLED) !== 0,
    agentAsking: (agent & ASKING) !== 0,
    checkConfigured: (check & CONFIGURED) !== 0,
    checkEnabled: (check & ENABLED) !== 0,
  };
}

function known(stat: Columns | null): Pick<ServerSeen, "sessions" | "agentHealth" | "checkHealthy"> {
  if (stat === null) return { sessions: null, agentHealth: null, checkHealthy: null };
  const health = given(stat.check_health);
  const agent = given(stat.agent_health);
  return {
    sessions: numberOr(stat.scur, 0) + numberOr(stat.qcur, 0),
    agentHealth: agent === null ? null : Number(agent),
    checkHealthy: health === null ? null : Number(health) >= numberOr(stat.check_rise, 1),
  };
}

function nearestStatus(admin: number, operational: number): string {
  if ((admin & ANY_MAINT) !== 0) return "MAINT";
  if (operational === 0) return "DOWN";
  return (admin & ANY_DRAIN) !== 0 ? "DRAIN" : "UP";
}
