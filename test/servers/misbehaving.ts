// Servers that do what real ones do on bad days. Every checker is run against all of them.
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { type Certificate, selfSigned } from "./certificates.ts";
import { freePort, start, until } from "./process.ts";

/** A fake server on the loopback. */
export interface Fake {
  readonly host: string;
  readonly port: number;
  /** How many connections it has taken so far. */
  readonly taken: () => number;
  /** Its certificate, where it speaks TLS. */
  readonly ca: string | null;
  close(): Promise<void>;
}

/** What the servers that talk say; a checker's own protocol makes them meaner. */
export interface Speech {
  /** Said a byte at a time, again and again. */
  readonly drip: string;
  /** Said once, then filler without end. */
  readonly endless: string;
  readonly filler: string;
  /** Said by a server of quite another kind. */
  readonly wrong: string;
  /** Whether these wait for the client's first bytes. */
  readonly after: "connect" | "request";
}

/** Words that fit no protocol in particular. */
export const plainSpeech: Speech = {
  drip: "drip ",
  endless: "",
  filler: "filler ".repeat(1024),
  wrong: "220 mail.example ESMTP\r\n",
  after: "connect",
};

/** All ways to misbehave that need no TLS. */
export const BEHAVIOURS = [
  "refused",
  "syn dropped",
  "silent",
  "hung",
  "drip",
  "endless",
  "polite close",
  "wrong protocol",
  "reset",
] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

/** All ways to misbehave at TLS. */
export const TLS_BEHAVIOURS = ["self-signed", "expired", "wrong name", "plain behind TLS", "handshake stalls"] as const;
export type TlsBehaviour = (typeof TLS_BEHAVIOURS)[number];

const HOST = "127.0.0.1";

/** A server in this process that does `serve` with each connection. */
export async function fake(serve: (socket: Socket) => void, tls?: Certificate): Promise<Fake> {
  const sockets = new Set<Socket>();
  let taken = 0;
  const server: Server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on("connection", (socket: Socket) => {
    taken += 1;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    socket.on("error", () => {});
    serve(socket);
  });
  await new Promise<void>((done, fail) => server.once("error", fail).listen(0, HOST, done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    host: HOST,
    port: address.port,
    taken: () => taken,
    ca: tls?.cert ?? null,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

const after = (socket: Socket, when: Speech["after"], speak: () => void): void => {
  if (when === "connect") speak();
  else socket.once("data", speak);
  socket.resume();
};

function dribble(socket: Socket, text: string): void {
  let at = 0;
  const timer = setInterval(() => socket.write(text.charAt(at++ % text.length)), 10);
  socket.on("close", () => clearInterval(timer));
}

function flood(socket: Socket, head: string, filler: string): void {
  const pour = (): void => {
    while (!socket.destroyed && socket.write(filler));
  };
  socket.on("drain", pour);
  socket.write(head, pour);
}

async function refused(): Promise<Fake> {
  const port = await freePort();
  return { host: HOST, port, taken: () => 0, ca: null, close: async () => {} };
}

const STOPPED = `
const server = require("node:net").createServer((socket) => socket.write("too late")).on("error", () => process.exit(1));
server.listen({ port: Number(process.argv[1]), host: "${HOST}", backlog: Number(process.argv[2]) }, () => console.log("ready"));
`;

/** A real server, stopped: the kernel still takes connections for it, as many as the backlog holds. */
async function stopped(backlog: number): Promise<Fake> {
  const port = await freePort();
  const running = await start([process.execPath, "-e", STOPPED, String(port), String(backlog)], { name: "stopped" });
  await until("the server to be ready", () => running.output().includes("ready"));
  running.signal("SIGSTOP");
  return { host: HOST, port, taken: () => 0, ca: null, close: () => running.stop(0) };
}

/** A server whose queue of connections is full: the kernel drops every further SYN without a word. */
async function synDropped(): Promise<Fake> {
  const server = await stopped(1);
  const fillers: Socket[] = [];
  const connects = (): Promise<boolean> =>
    new Promise((done) => {
      const socket = connect(server.port, HOST);
      fillers.push(socket);
      const timer = setTimeout(() => done(false), 300);
      socket.on("error", () => done(false));
      socket.on("connect", () => {
        clearTimeout(timer);
        done(true);
      });
    });
  while (await connects());
  return {
    ...server,
    async close() {
      for (const socket of fillers) socket.destroy();
      await server.close();
    },
  };
}

/** Starts a server that misbehaves. */
export function misbehave(how: Behaviour, speech: Speech = plainSpeech): Promise<Fake> {
  switch (how) {
    case "refused":
      return refused();
    case "syn dropped":
      return synDropped();
    case "silent":
      return fake((socket) => socket.resume());
    case "hung":
      return stopped(128);
    case "drip":
      return fake((socket) => after(socket, speech.after, () => dribble(socket, speech.drip)));
    case "endless":
      return fake((socket) => after(socket, speech.after, () => flood(socket, speech.endless, speech.filler)));
    case "polite close":
      return fake((socket) => socket.end().resume());
    case "wrong protocol":
      return fake((socket) => after(socket, speech.after, () => socket.write(speech.wrong)));
    case "reset":
      return fake((socket) => after(socket, speech.after, () => socket.resetAndDestroy()));
    default:
      return how satisfies never;
  }
}

/** Starts a server that misbehaves at TLS; `serve` is what it does once TLS is up. */
export function misbehaveAtTls(how: TlsBehaviour, serve: (socket: Socket) => void): Promise<Fake> {
  switch (how) {
    case "self-signed":
      return fake(serve, selfSigned([`IP:${HOST}`]));
    case "expired":
      return fake(serve, selfSigned([`IP:${HOST}`], -1));
    case "wrong name":
      return fake(serve, selfSigned(["DNS:other.example"]));
    case "plain behind TLS":
      return fake((socket) => {
        socket.once("data", () => socket.write("220 mail.example ESMTP\r\n"));
      });
    case "handshake stalls":
      return fake((socket) => socket.resume());
    default:
      return how satisfies never;
  }
}
