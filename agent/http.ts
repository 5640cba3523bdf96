import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { type Board, httpPoolReply, httpReply, type Ms } from "../src/index.ts";
import { plainAddress } from "./allow.ts";
import { type Admission, LOCAL_PEER } from "./connections.ts";
import type { Door, Inside } from "./door.ts";
import type { Answer, Waiting } from "./polls.ts";
import { type Asked, askedOf, readName } from "./request.ts";

const PREFIX = "/check/";
const METHODS = ["GET", "HEAD", "OPTIONS"];
const CHECK_MS: Ms = 500;
const HEADER_BYTES = 8192;
const PATH_CHARS = 512;

interface Said {
  readonly status: number;
  readonly body: string;
}

/** What a path asks for; null: it is no path of this door. */
export type HttpAsked =
  | { readonly kind: "target"; readonly asked: Asked }
  | { readonly kind: "pool"; readonly pool: string };

/** Reads `/check/POOL` and `/check/POOL/TARGET`; a query is not looked at. */
export function readPath(url: string): HttpAsked | null {
  const [path = ""] = url.split("?", 1);
  if (!path.startsWith(PREFIX) || path.length > PATH_CHARS) return null;
  const name = decoded(path.slice(PREFIX.length));
  if (name === null) return null;
  const asked = readName(name);
  if (asked !== null) return { kind: "target", asked };
  return readName(`${name}/-`) === null ? null : { kind: "pool", pool: name };
}

/** 200 or 503 with the agent's text, for `option httpchk`, keepalived and load balancers. */
export function httpDoor(inside: Inside, board: Board, by: Admission): Door {
  const limits = { maxHeaderSize: HEADER_BYTES, headersTimeout: by.timeoutMs, requestTimeout: by.timeoutMs };
  const server = createServer({ ...limits, keepAliveTimeout: by.timeoutMs, connectionsCheckingInterval: CHECK_MS });
  server.timeout = by.timeoutMs;
  const waits = new Set<Waiting>();
  server.on("connection", (socket: Socket) => {
    const held = inside.connections.admit(socket, by);
    // The server has deadlines of its own for each part of a request, and keeps connections between requests.
    if (held !== null) held.dueAt = Number.POSITIVE_INFINITY;
  });
  server.on("request", (request, response) => respond({ inside, board, by, waits, request, response }));
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    socket.destroy();
  });
  const end = (): void => {
    for (const each of [...waits]) each.hurry();
    server.closeAllConnections();
  };
  return { server, end };
}

interface Exchange {
  readonly inside: Inside;
  readonly board: Board;
  readonly by: Admission;
  readonly waits: Set<Waiting>;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function respond(exchange: Exchange): void {
  const { request, inside } = exchange;
  request.resume();
  const asked = readPath(request.url ?? "");
  if (asked === null) {
    inside.counts.malformed++;
    say(exchange, { status: 404, body: "ask for /check/POOL or /check/POOL/TARGET\n" });
  } else if (!METHODS.includes(request.method ?? "")) {
    say(exchange, { status: 405, body: `use ${METHODS.join(", ")}\n` });
  } else if (asked.kind === "pool") {
    respondForPool(exchange, asked.pool);
  } else {
    poll(exchange, [asked.asked], (row, policy, now) => say(exchange, httpReply(row, policy, now)));
  }
}

/** Polls all targets of the pool and answers when each has its answer: one poll of the pool is one poll of each. */
function respondForPool(exchange: Exchange, pool: string): void {
  const { board, inside } = exchange;
  const view = board.pool(pool);
  if (view === null) inside.unknownName(pool, peerOf(exchange));
  const members = [...(view?.rows.values() ?? [])].filter((row) => row.target.part !== "reference");
  const asked = members.map(({ target }) => askedOf(pool, target.name));
  let left = asked.length;
  const answered = (): void => {
    left--;
    if (left <= 0) say(exchange, httpPoolReply(board.pool(pool)));
  };
  if (left === 0) answered();
  poll(exchange, asked, answered);
}

function poll(exchange: Exchange, all: readonly Asked[], answer: Answer): void {
  const { inside, by, waits, request, response } = exchange;
  const peer = peerOf(exchange);
  const mine = all.map((asked) => inside.polls.take(asked, peer, answer)).filter((each) => each !== null);
  if (mine.length === 0) return;
  for (const each of mine) waits.add(each);
  request.socket.setTimeout(by.timeoutMs + Math.max(...mine.map(({ forMs }) => forMs)));
  response.once("close", () => {
    for (const each of mine) {
      waits.delete(each);
      each.hungUp();
    }
  });
}

const peerOf = ({ request }: Exchange): string => `${plainAddress(request.socket.remoteAddress ?? LOCAL_PEER)} (http)`;

function say({ by, request, response }: Exchange, { status, body }: Said): void {
  if (response.destroyed) return;
  request.socket.setTimeout(by.timeoutMs);
  const hasBody = request.headers["content-length"] !== undefined || request.headers["transfer-encoding"] !== undefined;
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": Buffer.byteLength(body),
    "Cache-Control": "no-store",
    ...(status === 405 ? { Allow: METHODS.join(", ") } : {}),
    // A body is nothing we read to its end.
    ...(hasBody ? { Connection: "close" } : {}),
  });
  response.end(body);
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
