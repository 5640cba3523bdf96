// What can be read: pools, targets, health, metrics.
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { allowedHint } from "../../config/nearest.ts";
import { poolAnswer, poolsAnswer, targetAnswer } from "../answers.ts";
import { eventsQuery } from "../event-answers.ts";
import type { Inside } from "../inside.ts";
import { healthAnswer, readiness, readyAnswer } from "../readiness.ts";
import { openapi } from "./openapi.ts";
import { notFound, parsed, Refusal } from "./refusal.ts";
import { param, type Route } from "./route.ts";

const MOST = 1000;

const pieceQuery = z.strictObject({
  after: z.string().optional().describe("`next` of the piece before"),
  limit: z.coerce.number().int().min(1).max(MOST).optional().describe(`length of a piece (default ${MOST})`),
});

function pieceOf(request: FastifyRequest): { readonly after: string | null; readonly limit: number } {
  const { after = null, limit = MOST } = parsed(pieceQuery, request.query, "query");
  return { after, limit };
}

/** Routes that read pools and targets. */
export const poolRoutes = ({ reader, given: { board } }: Inside): readonly Route[] => [
  {
    method: "GET",
    path: "/api/pools",
    summary: "All pools by name.",
    need: "read",
    query: pieceQuery,
    answer: poolsAnswer,
    errors: [400],
    handle: (request) => reader.pools(pieceOf(request)),
  },
  {
    method: "GET",
    path: "/api/pools/:pool",
    summary: "A pool with its targets by name.",
    need: "read",
    query: pieceQuery,
    answer: poolAnswer,
    errors: [400, 404],
    handle(request) {
      const name = param(request, "pool");
      const names = [...board.pools()].map(({ pool }) => pool);
      return reader.pool(name, pieceOf(request)) ?? raise(notFound(`there is no pool ${name}${hint(name, names)}`));
    },
  },
  {
    method: "GET",
    path: "/api/pools/:pool/:target",
    summary: "A target: verdict with its chain, history, the exact agent line, deliveries, and why in words.",
    need: "read",
    answer: targetAnswer,
    errors: [404],
    handle: (request) =>
      reader.target(param(request, "pool"), param(request, "target")) ?? raise(noTarget(request, board)),
  },
];

/** The error that names what there is instead. */
export function noTarget(request: FastifyRequest, board: Inside["given"]["board"]): Refusal {
  const [pool, target] = [param(request, "pool"), param(request, "target")];
  const view = board.pool(pool);
  if (view === null)
    return notFound(
      `there is no pool ${pool}${hint(
        pool,
        [...board.pools()].map((each) => each.pool),
      )}`,
    );
  return notFound(`pool ${pool} has no target ${target}${hint(target, [...view.rows.keys()])}`);
}

const hint = (name: string, names: readonly string[]): string =>
  names.length === 0 || name.length > 100 ? "" : ` (${allowedHint(name, names.slice(0, 50))})`;

function raise(error: Error): never {
  throw error;
}

/** Routes for machines: health and metrics. */
export const machineRoutes = (inside: Inside): readonly Route[] => [
  {
    method: "GET",
    path: "/healthz",
    summary: "The process answers.",
    need: "read",
    answer: healthAnswer,
    errors: [],
    handle: () => ({ ok: true, version: inside.given.version, uptimeSeconds: Math.round(process.uptime()) }),
  },
  {
    method: "GET",
    path: "/readyz",
    summary: "200 once every pool has a verdict and registries and sockets are reached, else 503 with what is missing.",
    need: "read",
    answer: readyAnswer,
    also: [503],
    errors: [],
    handle(_request, reply) {
      const answer = readiness({ ...inside.given, chronicle: inside.chronicle });
      reply.code(answer.ready ? 200 : 503);
      return answer;
    },
  },
  {
    method: "GET",
    path: "/metrics",
    summary: "Metrics for Prometheus.",
    need: "read",
    answer: "text/plain",
    errors: [],
    async handle(_request, reply) {
      reply.type(inside.metrics.type);
      return inside.metrics.text();
    },
  },
];

/** Routes of the events, and of the description of all routes. */
export const wireRoutes = (inside: Inside, all: () => readonly Route[]): readonly Route[] => [
  {
    method: "GET",
    path: "/api/events",
    summary: "Server-sent events; resumes after Last-Event-ID with what was kept.",
    need: "read",
    query: eventsQuery,
    answer: "text/event-stream",
    errors: [400, 503],
    handle: (request, reply) => events(inside, request, reply),
  },
  {
    method: "GET",
    path: "/api/openapi.json",
    summary: "This description.",
    need: "read",
    answer: z.record(z.string(), z.unknown()),
    errors: [],
    handle: () => openapi(all(), inside.given.version),
  },
];

function events({ hub }: Inside, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { pool = null, target = null, observations } = parsed(eventsQuery, request.query, "query");
  if (target !== null && pool === null) throw new Refusal(400, "bad_request", "query.target: needs pool as well");
  const last = request.headers["last-event-id"];
  const after = typeof last === "string" && /^\d{1,16}$/.test(last) ? Number(last) : null;
  const wish = { pool, target, observations: observations === "1" };
  if (!hub.hasRoom()) throw new Refusal(503, "too_many_clients", "too many clients hear the events: try again later");
  reply.hijack();
  const { raw } = reply;
  // A stream has no end: the deadlines of requests are not for it, its own beat is.
  raw.socket?.setTimeout(0);
  raw.writeHead(200, {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    connection: "keep-alive",
  });
  if (request.method === "HEAD") raw.end();
  else hub.add(raw, wish, after);
  return reply;
}
