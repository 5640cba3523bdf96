import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import type { Connection, RowDataPacket, SslOptions } from "mysql2";
import { tlsClient } from "../tls.ts";
import { bounded } from "./bounded.ts";
import { faultOf, told } from "./fault.ts";
import { expectGreeting } from "./greeting.ts";
import type { Access } from "./options.ts";
import type { SqlRow } from "./status.ts";

/** Where a server listens. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One connection that is logged in. */
export interface Session {
  readonly user: string;
  readonly alive: boolean;
  /** Rows of one statement; `needs` is the grant that it wants. Throws OwnFault, Saturated or an Error that says why. */
  rows(sql: string, needs?: string): Promise<readonly SqlRow[]>;
  /** Says good-bye; does not wait for an answer. */
  end(): void;
  /** Cuts the connection: what is waited for is lost. */
  destroy(): void;
}

/** Opens sessions with one login. `lost` is called once when the other end closes a session that was opened. */
export type OpenSession = (at: Address, lost: (why: string) => void, signal: AbortSignal) => Promise<Session>;

let library: Promise<typeof import("mysql2")> | null = null;

/**
 * Opens sessions through mysql2, which is given a socket of ours: its destroy() only ends the writing side, its
 * time-outs leave phases out, and a hung server would keep both for ever.
 */
export function sessions(access: Access, lookup: LookupFunction): OpenSession {
  const secured = tlsFor(access);
  return async (at, lost, signal) => {
    library ??= import("mysql2");
    const { createConnection } = await library;
    signal.throwIfAborted();
    const tls = secured(at.host);
    const socket = dial(at, lookup, tls.host);
    expectGreeting(socket);
    const connection = createConnection({
      ...tls,
      stream: socket,
      user: access.user,
      ...(access.password === undefined ? {} : { password: access.password.reveal() }),
      ...(access.database === undefined ? {} : { database: access.database }),
      connectTimeout: 0,
      // A server may not ask for files of ours.
      flags: ["-LOCAL_FILES"],
      // The library reserves 0.5 MB for 16,000 statements; none is prepared here.
      maxPreparedStatements: 1,
    });
    return login(connection, socket, access.user, lost, signal);
  };
}

function dial(at: Address, lookup: LookupFunction, name: string): Socket {
  const socket = connect({ host: at.host, port: at.port, lookup, noDelay: true, keepAlive: true });
  // mysql2 gives no name for an address, and tls.connect() then compares the certificate with the socket's `_host`,
  // which is not set for an address either, and with "localhost" at last.
  return isIP(name) === 0 ? socket : Object.assign(socket, { _host: name });
}

function tlsFor(access: Access): (host: string) => { host: string; ssl?: SslOptions } {
  const { tls } = access;
  if (tls === undefined) return (host) => ({ host });
  const client = tlsClient(tls);
  // One object for all: mysql2 keeps the parsed certificates by it, until one of them changes.
  const ssl: Record<string, unknown> = { rejectUnauthorized: tls.verify, verifyIdentity: tls.verify };
  return (host) => {
    const { ca, cert, key } = client(host);
    Object.assign(ssl, { ca, cert, key });
    return { host: tls.servername ?? host, ssl };
  };
}

async function login(
  connection: Connection,
  socket: Socket,
  user: string,
  lost: (why: string) => void,
  signal: AbortSignal,
): Promise<Session> {
  const line = new Line(connection, socket, user);
  const cut = (): void => line.destroy();
  const stage = (): string => (socket.connecting ? "no connection" : "connected, but no answer to the login");
  try {
    await bounded(signal, stage, cut, () => line.greeted());
  } catch (error) {
    cut();
    throw signal.aborted ? error : faultOf(error);
  }
  line.whenLost(lost);
  return line;
}

class Line implements Session {
  readonly user: string;
  readonly #connection: Connection;
  readonly #socket: Socket;
  #why = "closed by the server";
  #ours = false;

  constructor(connection: Connection, socket: Socket, user: string) {
    this.user = user;
    this.#connection = connection;
    this.#socket = socket;
    // Without this listener the end of an idle connection ends the process.
    connection.on("error", (error: unknown) => {
      const { message, code } = told(error);
      if (code !== "PROTOCOL_CONNECTION_LOST") this.#why = message;
    });
  }

  get alive(): boolean {
    return !this.#ours && !this.#socket.destroyed && this.#socket.readable;
  }

  /** Resolves when the login was accepted. */
  greeted(): Promise<void> {
    return new Promise((done, fail) => {
      this.#connection.connect((error) => (error === null ? done() : fail(error)));
    });
  }

  /** Tells when the other end closes. */
  whenLost(lost: (why: string) => void): void {
    const tell = (): void => {
      if (!this.#ours) lost(this.#why);
    };
    if (this.#socket.destroyed) tell();
    else this.#socket.once("close", tell);
  }

  rows(sql: string, needs?: string): Promise<readonly SqlRow[]> {
    return new Promise((done, fail) => {
      this.#connection.query<RowDataPacket[]>(sql, (error, rows) => {
        if (error === null) done(rows);
        else fail(faultOf(error, needs ?? null));
      });
    });
  }

  end(): void {
    if (this.#ours) return;
    this.#ours = true;
    this.#connection.end();
    this.#socket.destroySoon();
  }

  destroy(): void {
    this.#ours = true;
    this.#socket.destroy();
  }
}
