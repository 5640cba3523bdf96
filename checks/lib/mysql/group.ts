// Group replication: what the own row among the members says, and whether the member sees a majority.
import { selectGrant } from "./dialect.ts";
import type { Standing } from "./galera.ts";
import { isOn, type SqlRow, textOf } from "./status.ts";
import type { Ask } from "./wording.ts";

const MEMBERS = "performance_schema.replication_group_members";

/** What a member says of its group. */
export interface GroupState {
  /** ONLINE, RECOVERING, OFFLINE, ERROR; null when it is in no group. */
  readonly state: string | null;
  /** PRIMARY, SECONDARY; null when stopped. */
  readonly role: string | null;
  readonly reachable: number;
  readonly members: number;
}

const OWN = "MEMBER_ID = @@server_uuid AS own, MEMBER_STATE AS state";
const FORMER_PRIMARY =
  "(SELECT VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME = 'group_replication_primary_member')";

const STATEMENTS = [
  `SELECT ${OWN}, MEMBER_ROLE AS role FROM ${MEMBERS}`,
  // MySQL 5.7 names the primary in a status variable only.
  `SELECT ${OWN}, IF(MEMBER_ID = ${FORMER_PRIMARY}, 'PRIMARY', 'SECONDARY') AS role FROM ${MEMBERS}`,
];

/** Asks a member for its group; `ask` belongs to its session. */
export async function askGroup(ask: Ask, user: string): Promise<GroupState> {
  return readGroup(await ask("group", STATEMENTS, selectGrant(MEMBERS, user)));
}

/** Reads the members. */
export function readGroup(rows: readonly SqlRow[]): GroupState {
  const own = rows.find((row) => isOn(row.own));
  const state = textOf(own?.state);
  return {
    state,
    role: state === "ONLINE" || state === "RECOVERING" ? textOf(own?.role) : null,
    reachable: rows.filter((row) => textOf(row.state) === "ONLINE" || textOf(row.state) === "RECOVERING").length,
    members: rows.length,
  };
}

/** Judges a member; `wanted` null: either role will do. */
export function judgeGroup(group: GroupState, wanted: "PRIMARY" | "SECONDARY" | null): Standing {
  const { state, role, reachable, members } = group;
  if (state === "RECOVERING") return { outcome: "warn", reason: "group member RECOVERING: its data is old" };
  if (state !== "ONLINE") return { outcome: "fail", reason: `group member ${state ?? "absent"}, expected ONLINE` };
  // Without a majority nothing is agreed any more: writes hang, and reads grow old unnoticed.
  if (reachable * 2 <= members) {
    return { outcome: "fail", reason: `group has no majority: sees ${reachable} of ${members} members` };
  }
  if (wanted !== null && role !== wanted) {
    return { outcome: "fail", reason: `group member is ${role ?? "without role"}, expected ${wanted}` };
  }
  return { outcome: "pass", reason: `group ${role ?? "member"} ONLINE, ${reachable} of ${members} members` };
}
