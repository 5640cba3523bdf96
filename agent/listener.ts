import { lstatSync, unlinkSync } from "node:fs";
import { connect, type ListenOptions, type Server } from "node:net";
import { type Address, listenError } from "./address.ts";
import type { Door } from "./door.ts";

const BACKLOG = 1024;

/** What serves an address: how it is told apart from others, and how it is made. */
export interface Serving {
  /** As an error names it: `agent_port of p80/app1`. */
  readonly who: string;
  readonly address: Address;
  /** IPv6 only: the same port is also served over IPv4 by a listener of its own. */
  readonly ipv6Only: boolean;
  readonly open: () => Door;
  /** Told of a connection that was lost while it was accepted: too many open files and the like. */
  readonly failed: (error: Error) => void;
}

/** Listens, and resolves once connections are accepted; stopping frees the address first. */
export async function serve(what: Serving): Promise<{ stop(): Promise<void> }> {
  const { server, end } = what.open();
  try {
    await listen(server, what);
  } catch (error) {
    throw listenError(what.who, what.address, error);
  }
  server.on("error", what.failed);
  const stop = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      end();
    });
  return { stop };
}

async function listen(server: Server, { address, ipv6Only }: Serving): Promise<void> {
  // Whoever may enter the socket's folder may poll: HAProxy runs as a user of its own.
  if (address.kind === "unix") return listenUnix(server, address.path);
  await listening(server, { host: address.host, port: address.port, ipv6Only, backlog: BACKLOG });
}

async function listenUnix(server: Server, path: string): Promise<void> {
  const options: ListenOptions = { path, backlog: BACKLOG, readableAll: true, writableAll: true };
  try {
    await listening(server, options);
  } catch (error) {
    // Connecting to a file that is no socket is refused as well: that one is somebody's.
    const isOurs = codeOf(error) === "EADDRINUSE" && lstatSync(path).isSocket() && (await isAbandoned(path));
    if (!isOurs) throw error;
    unlinkSync(path);
    await listening(server, options);
  }
}

const listening = (server: Server, options: ListenOptions): Promise<void> =>
  new Promise((done, fail) => {
    server.once("error", fail);
    server.listen(options, () => {
      server.removeListener("error", fail);
      done();
    });
  });

/** The socket of a process that is gone refuses; a live one accepts. */
const isAbandoned = (path: string): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(path);
    socket.once("error", (error) => done(codeOf(error) === "ECONNREFUSED"));
    socket.once("connect", () => {
      socket.destroy();
      done(false);
    });
  });

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");
