import type { LookupFunction } from "node:net";
import type { ConnectionOptions } from "node:tls";
import type { Secret } from "../../../src/index.ts";
import type { Keepable } from "../kept.ts";

/** What came of storing, reading and deleting one value. */
export interface Trial {
  /** Why it was not stored, in the server's words; null when it was. */
  readonly refused: string | null;
  /** What was read back; null when it was not found. */
  readonly found: Uint8Array | null;
  /** An error of reading or deleting, in the server's words. */
  readonly trouble: string | null;
  /** null when the server tells none. */
  readonly stats: ReadonlyMap<string, string> | null;
}

/** The value that is stored and read back. */
export interface Sample {
  readonly key: string;
  readonly value: Uint8Array;
  readonly ttlSeconds: number;
}

/** A connection to a memcached server, in whatever protocol. */
export interface Cache extends Keepable {
  /** Stores, reads and deletes a value, and reads the statistics; throws when the connection ends before. */
  attempt(sample: Sample, signal: AbortSignal): Promise<Trial>;
}

/** A login. */
export interface Login {
  readonly username: string;
  readonly password: Secret;
}

/** How a connection is opened. */
export interface Opening {
  readonly host: string;
  readonly port: number;
  readonly tls: ConnectionOptions | null;
  readonly lookup: LookupFunction;
  readonly login: Login | null;
  /** The key of the samples that will be tried. */
  readonly key: string;
  /** Called once when the other end closes the connection after it was opened. */
  readonly dropped: () => void;
}

/** Opens a connection, logged in where there is a login. */
export type OpenCache = (opening: Opening, signal: AbortSignal) => Promise<Cache>;

/** The server turned us away before it heard anything. */
export class TurnedAway extends Error {
  override readonly name = "TurnedAway";
}
