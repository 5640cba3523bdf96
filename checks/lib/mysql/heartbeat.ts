// Age of the row that pt-heartbeat writes on the primary: the only figure that shows a hung primary.
import { OwnFault } from "../../../src/index.ts";
import { type HeartbeatOptions, quotedTable } from "./options.ts";
import { numberOf, type SqlRow } from "./status.ts";

const HALF_HOUR = 1800;

/** Statements for the age of a server's row: the table of today, then the one of old releases with its single row. */
export function heartbeatStatements(options: HeartbeatOptions, serverId: number | null): readonly string[] {
  const now = options.utc ? "UTC_TIMESTAMP(6)" : "NOW(6)";
  // Names of the other columns changed between releases: they are not read.
  const select = `SELECT TIMESTAMPDIFF(MICROSECOND, ts, ${now}) / 1e6 AS age FROM ${quotedTable(options.table)}`;
  const legacy = options.server_id === undefined ? "ORDER BY id LIMIT 1" : `WHERE id = ${options.server_id}`;
  return [`${select} WHERE server_id = ${serverId ?? 0}`, `${select} ${legacy}`];
}

/**
 * Seconds between the newest heartbeat seen here and now, without the delay on purpose. Throws OwnFault when the row
 * is missing, or when its age can only come from another time zone or clock.
 */
export function readHeartbeat(
  rows: readonly SqlRow[],
  options: HeartbeatOptions,
  serverId: number | null,
  delaySeconds: number,
): number {
  const [row] = rows;
  if (row === undefined) {
    throw new OwnFault(`no row of server_id ${serverId ?? "?"} in ${options.table}: set heartbeat.server_id`);
  }
  const age = numberOf(row.age);
  if (age === null) throw new OwnFault(`${options.table} holds no time that can be read`);
  if (isOtherZone(age, delaySeconds, options.interval / 1000)) {
    throw new OwnFault(
      `heartbeat is ${Math.round(age)}s old: another time zone or clock (heartbeat.utc is ${options.utc})`,
    );
  }
  return Math.round(Math.max(0, age - delaySeconds) * 1000) / 1000;
}

/** Written in the future, or off by a multiple of half an hour: zones differ by those. */
function isOtherZone(age: number, delaySeconds: number, intervalSeconds: number): boolean {
  if (age < -1) return true;
  // A delay on purpose is kept to whole seconds only.
  const beyond = age - delaySeconds;
  const halfHours = Math.floor((beyond + 1) / HALF_HOUR);
  return halfHours > 0 && beyond - halfHours * HALF_HOUR < intervalSeconds + 1;
}
