// Reads a row of SHOW REPLICA STATUS and its older and MariaDB's forms: by either name, never by position.
import { endpoint, oneLine } from "../reason.ts";

/** One row of an answer. */
export type SqlRow = Readonly<Record<string, unknown>>;

/** What one channel of a replica says of itself. */
export interface ChannelStatus {
  readonly channel: string;
  /** `Yes`, `No`, `Connecting`, `Preparing`. */
  readonly io: string;
  readonly sql: string;
  /** null: the server does not know; never to be read as 0. */
  readonly lagSeconds: number | null;
  /** How late it is on purpose. */
  readonly delaySeconds: number;
  readonly primary: string | null;
  readonly primaryServerId: number | null;
  readonly ioError: string | null;
  readonly sqlError: string | null;
}

/** A number of a column; null for NULL, missing and text that is none. */
export function numberOf(value: unknown): number | null {
  if (value === null || value === undefined || value === "") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

/** Text of a column; null for NULL, missing and empty. */
export function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = Buffer.isBuffer(value) ? value.toString() : String(value);
  return text === "" ? null : text;
}

const LONGEST_ERROR = 120;

function errorOf(errno: unknown, text: unknown): string | null {
  const number = numberOf(errno) ?? 0;
  if (number === 0) return null;
  return oneLine(`${number} ${textOf(text) ?? ""}`, LONGEST_ERROR);
}

function primaryOf(row: SqlRow): string | null {
  const host = textOf(row.Source_Host ?? row.Master_Host);
  const port = numberOf(row.Source_Port ?? row.Master_Port);
  return host === null || port === null ? null : endpoint({ host, port });
}

/** Reads one row. */
export function readChannel(row: SqlRow): ChannelStatus {
  return {
    channel: textOf(row.Channel_Name ?? row.Connection_name) ?? "",
    io: textOf(row.Replica_IO_Running ?? row.Slave_IO_Running) ?? "No",
    sql: textOf(row.Replica_SQL_Running ?? row.Slave_SQL_Running) ?? "No",
    lagSeconds: numberOf(row.Seconds_Behind_Source ?? row.Seconds_Behind_Master),
    delaySeconds: numberOf(row.SQL_Delay) ?? 0,
    primary: primaryOf(row),
    primaryServerId: numberOf(row.Source_Server_Id ?? row.Master_Server_Id),
    ioError: errorOf(row.Last_IO_Errno, row.Last_IO_Error),
    sqlError: errorOf(row.Last_SQL_Errno, row.Last_SQL_Error),
  };
}

/** The channels that replicate from elsewhere: a group's own ones rest once a member has joined. */
export const readChannels = (rows: readonly SqlRow[]): readonly ChannelStatus[] =>
  rows.map(readChannel).filter(({ channel }) => !channel.startsWith("group_replication_"));

/** Reads a switch of the server: MariaDB's newer words (`NO_LOCK`) mean that it is on. */
export function isOn(value: unknown): boolean {
  const text = textOf(value)?.toUpperCase() ?? "0";
  return text !== "0" && text !== "OFF";
}
