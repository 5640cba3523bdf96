// What an error of mysql2 means for the server. Numbers decide: mysql2 names some wrongly (4151) or not at all (1969).
import { OwnFault } from "../../../src/index.ts";
import { tlsFault } from "./tls-fault.ts";

/** The server is alive and has no room for another client. */
export class Saturated extends Error {
  override readonly name = "Saturated";
}

/** own: says nothing of the server; saturated: alive and full; down: it cannot serve. */
export type FaultKind = "own" | "saturated" | "down";

/** The parts of an error that tell what happened. */
export interface Told {
  readonly message: string;
  readonly code: string | null;
  /** MySQL's number; null for errors of the network and of the library. */
  readonly errno: number | null;
}

const SATURATED: ReadonlySet<number> = new Set([
  1040, // max_connections
  1203, // the global max_user_connections
]);

const NOT_GRANTED: ReadonlySet<number> = new Set([1044, 1142, 1143, 1227]);

/** Answers that are about this client's account, settings or host. */
const OWN: ReadonlySet<number> = new Set([
  ...NOT_GRANTED,
  1045, // wrong password or unknown user
  1049, // unknown database
  1054, // unknown column of a configured table
  1064, // no statement of ours was understood
  1193, // unknown variable
  1129, // this host is blocked after too many failed logins
  1130, // this host may not connect
  1146, // unknown table
  1226, // a limit of this account
  1251, // the account's login method is not supported
  1524, // its login plugin is not loaded
  1617, // unknown channel
  1820, // its password must be changed
  1862, // its password has expired
  3118, // MySQL: the account is locked
  3159, // only encrypted connections are allowed
  4031, // this client was idle for too long
  4151, // MariaDB: the account is locked
]);

/** Takes an error apart. */
export function told(error: unknown): Told {
  if (!(error instanceof Error)) return { message: String(error), code: null, errno: null };
  const code = "code" in error && typeof error.code === "string" ? error.code : null;
  const errno = "errno" in error && typeof error.errno === "number" && error.errno > 0 ? error.errno : null;
  return { message: error.message, code, errno };
}

/** Statement, column or variable of another version. */
const OTHER_VERSION: ReadonlySet<number> = new Set([1054, 1064, 1193]);

const numberIn = (error: unknown): number =>
  told(error).errno ?? (error instanceof Error && error.cause !== undefined ? numberIn(error.cause) : 0);

/** True when the server does not know a name in the statement; also when the error was wrapped by faultOf. */
export const isOtherVersion = (error: unknown): boolean => OTHER_VERSION.has(numberIn(error));

/** True for an answer that names a missing privilege; also when the error was wrapped by faultOf. */
export const isNotGranted = (error: unknown): boolean => NOT_GRANTED.has(numberIn(error));

/** What an error says about the server. */
export function faultKind({ errno, code }: Told): FaultKind {
  if (errno !== null) return SATURATED.has(errno) ? "saturated" : OWN.has(errno) ? "own" : "down";
  // The account's login method is one that the library cannot do.
  return code === "AUTH_SWITCH_PLUGIN_ERROR" ? "own" : "down";
}

/** The error to throw for one of mysql2: its kind shows in the class. `needs` names the grant the statement wants. */
export function faultOf(error: unknown, needs: string | null = null): Error {
  const parts = told(error);
  const { errno, message } = parts;
  if (needs !== null && errno !== null && NOT_GRANTED.has(errno)) {
    return Object.assign(new OwnFault(`missing grant: ${needs} (${errno})`), { errno });
  }
  const text = errno === null ? message : `${errno} ${message}`;
  switch (faultKind(parts)) {
    case "own":
      return new OwnFault(text, { cause: error });
    case "saturated":
      return new Saturated(text, { cause: error });
    case "down":
      return errno === null ? networkFault(error, parts) : new Error(text, { cause: error });
  }
}

function networkFault(error: unknown, { code, message }: Told): Error {
  if (code === "PROTOCOL_CONNECTION_LOST") return new Error("connection closed without an answer");
  return tlsFault(error) ?? (error instanceof Error ? error : new Error(message));
}
