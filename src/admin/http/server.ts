import type { FastifyInstance, FastifyRequest } from "fastify";
import { describeError } from "../../errors.ts";
import type { Inside } from "../inside.ts";
import { refusalOf } from "./access.ts";
import { Rate } from "./rate.ts";
import { Refusal } from "./refusal.ts";
import type { Route } from "./route.ts";
import { orderRoutes, probeRoutes } from "./routes-order.ts";
import { pageRoutes } from "./routes-page.ts";
import { machineRoutes, poolRoutes, wireRoutes } from "./routes-read.ts";

/** Bytes of a body; an order has a few hundred. */
const BODY_BYTES = 16 << 10;
const MOST_CONNECTIONS = 1024;
const REQUEST_MS = 10_000;
const IDLE_MS = 30_000;
const HEADER_BYTES = 16 << 10;
const WRONG_TOKEN_COST = 25;

type Fastify = typeof import("fastify").fastify;

/** All routes of the daemon. */
export function routesOf(inside: Inside): readonly Route[] {
  const all: readonly Route[] = [
    ...poolRoutes(inside),
    ...orderRoutes(inside),
    ...probeRoutes(inside),
    ...machineRoutes(inside),
    ...wireRoutes(inside, () => all),
    ...pageRoutes(inside),
  ];
  return all;
}

/** Makes the HTTP server; it listens when it is told to. */
export function createServer(fastify: Fastify, inside: Inside): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_BYTES,
    requestTimeout: REQUEST_MS,
    connectionTimeout: IDLE_MS,
    keepAliveTimeout: REQUEST_MS,
    forceCloseConnections: true,
    http: { maxHeaderSize: HEADER_BYTES, headersTimeout: REQUEST_MS, connectionsCheckingInterval: 1000 },
    routerOptions: { maxParamLength: 400, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
    clientErrorHandler: (error, socket) => answerBroken(error, socket),
    frameworkErrors: (error, _request, { raw }) =>
      void raw
        .writeHead(400, { "content-type": "application/json; charset=utf-8" })
        .end(JSON.stringify(errorBody("bad_request", error.message))),
  });
  app.server.maxConnections = MOST_CONNECTIONS;
  // Answers are tested against their schemas; on the way out JSON is just written.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  takeAnyBody(app);
  guard(app, inside, new Rate());
  const routes = routesOf(inside);
  for (const route of routes) addRoute(app, route);
  refuseOthers(app, routes);
  answerErrors(app, inside);
  return app;
}

function addRoute(app: FastifyInstance, { method, path, need, handle }: Route): void {
  app.route({ method, url: path, config: { need }, handler: async (request, reply) => handle(request, reply) });
}

/** A path that there is, asked with another method, is told which ones it knows. */
function refuseOthers(app: FastifyInstance, routes: readonly Route[]): void {
  app.setNotFoundHandler((request) => {
    const path = pathOf(request);
    const methods = routes.filter((route) => fits(route, path)).map(({ method }) => method);
    if (methods.length === 0 || request.method === "GET")
      throw new Refusal(404, "not_found", `there is no ${request.method} ${path}; see /api/openapi.json`);
    const allow = [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(", ");
    throw new Refusal(405, "method_not_allowed", `${path} takes ${allow}; see /api/openapi.json`, { allow });
  });
}

const fits = ({ path: pattern }: Route, path: string): boolean => {
  // Groups are names of anybody, but of none below /api.
  if (/^\/api(\/|$)/.test(path) && pattern.startsWith("/:")) return false;
  const [steps, wanted] = [path.split("/"), pattern.split("/")];
  return steps.length === wanted.length && wanted.every((step, i) => step.startsWith(":") || step === steps[i]);
};

declare module "fastify" {
  interface FastifyContextConfig {
    need?: Route["need"];
  }
}

/** Everybody is counted before anything is read; a wrong token costs much. */
function guard(app: FastifyInstance, inside: Inside, rate: Rate): void {
  const { clock } = inside.given;
  app.addHook("onRequest", async (request) => {
    const peer = request.ip;
    if (!rate.take(peer, clock.now()))
      throw new Refusal(429, "too_many_requests", "too many requests: ask less often", { "retry-after": "1" });
    const { need } = request.routeOptions.config;
    const refusal = refusalOf(inside.admin(), need ?? "read", request.headers.authorization);
    if (refusal === null) return;
    if (request.headers.authorization !== undefined) rate.take(peer, clock.now(), WRONG_TOKEN_COST);
    throw refusal;
  });
  app.addHook("onSend", async (_request, reply) => {
    if (!reply.hasHeader("cache-control")) reply.header("cache-control", "no-store");
    reply.header("x-content-type-options", "nosniff");
  });
  app.addHook("onResponse", async (request, reply) => {
    inside.metrics.served(request.routeOptions.url ?? "none", methodOf(request), reply.statusCode);
  });
}

const METHODS = ["GET", "HEAD", "POST", "DELETE", "PUT", "PATCH", "OPTIONS"];
const methodOf = ({ method }: FastifyRequest): string => (METHODS.includes(method) ? method : "other");

/** JSON, whatever it is called: at night nobody thinks of a header. The token is what protects. */
function takeAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const json = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("*", { parseAs: "string" }, (request, body, done) => {
    if (body.length === 0) return done(null, undefined);
    return json(request, body.toString(), done);
  });
}

function answerErrors(app: FastifyInstance, { given: { log } }: Inside): void {
  app.setErrorHandler((error: Error & { readonly statusCode?: number; readonly code?: string }, request, reply) => {
    if (error instanceof Refusal)
      return reply.code(error.status).headers(error.headers).send(errorBody(error.code, error.message));
    const status = error.statusCode ?? 500;
    if (status === 413)
      return reply.code(413).send(errorBody("body_too_large", `a body has at most ${BODY_BYTES} bytes`));
    if (status < 500) return reply.code(status).send(errorBody("bad_request", error.message));
    log("error", `admin: ${request.method} ${pathOf(request)} failed`, { error: describeError(error) });
    return reply.code(500).send(errorBody("internal", "an error of checkd itself: its log says more"));
  });
}

const pathOf = (request: FastifyRequest): string => (request.url.split("?", 1)[0] ?? "").slice(0, 200);

/** The one shape of errors. */
export const errorBody = (code: string, message: string) => ({ error: { code, message } });

/** What is no HTTP at all is answered the same way. */
function answerBroken(error: Error & { readonly code?: string }, socket: import("node:net").Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const [status, code] =
    error.code === "HPE_HEADER_OVERFLOW"
      ? ["431 Request Header Fields Too Large", "headers_too_large"]
      : error.code === "ERR_HTTP_REQUEST_TIMEOUT"
        ? ["408 Request Timeout", "timeout"]
        : ["400 Bad Request", "bad_request"];
  const body = JSON.stringify(errorBody(code, "this is not HTTP as we can read it"));
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
}
