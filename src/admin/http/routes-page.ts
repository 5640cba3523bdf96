// `/`: the page for a browser, the query interface for all others.
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Inside } from "../inside.ts";
import type { PageAnswer } from "../page-door.ts";
import { queryAnswer, queryOf, queryQuery } from "../query.ts";
import { refusalOf } from "./access.ts";
import { packed } from "./packing.ts";
import { notFound, parsed, Refusal } from "./refusal.ts";
import { param, type Route, wantsHtml } from "./route.ts";

const PATHS = ["/", "/:group", "/:group/:pool"];

/** Routes of the page and of the query interface. */
export const pageRoutes = (inside: Inside): readonly Route[] => [
  ...PATHS.map(
    (path): Route => ({
      method: "GET",
      path,
      summary: "Groups, their pools and the instances that may take traffic; a browser gets the page.",
      // The page asks for the token by itself, so the door is opened here.
      need: "open",
      query: queryQuery,
      answer: queryAnswer,
      errors: [400, 401, 404],
      handle: (request, reply) => (isForPage(inside, request) ? page(inside, request, reply) : query(inside, request)),
    }),
  ),
  {
    method: "GET",
    path: "/:group/:pool/:target",
    summary: "A target's page, for browsers.",
    need: "open",
    answer: "text/html",
    errors: [401, 404, 406],
    handle(request, reply) {
      if (isForPage(inside, request)) return page(inside, request, reply);
      mustRead(inside, request);
      const path = `/api/pools/${param(request, "pool")}/${param(request, "target")}`;
      throw new Refusal(406, "for_browsers", `this is a page for browsers; ask for ${path}`);
    },
  },
  {
    method: "GET",
    path: "/api/page/:name",
    summary: "Scripts and styles of the page.",
    need: "open",
    answer: "*/*",
    errors: [404],
    handle(request, reply) {
      const asset = inside.page?.asset(param(request, "name")) ?? null;
      if (asset === null) throw notFound("there is no such file");
      return send(request, reply, asset);
    },
  },
];

const isForPage = ({ page }: Inside, request: FastifyRequest): boolean => page !== null && wantsHtml(request);

function query(inside: Inside, request: FastifyRequest): unknown {
  mustRead(inside, request);
  const { all } = parsed(queryQuery, request.query, "query");
  const [group, pool] = [param(request, "group"), param(request, "pool")];
  const answer = queryOf(inside.given.board, group === "" ? null : group, pool === "" ? null : pool, all === "1");
  if (answer === null)
    throw notFound(`there is no ${pool === "" ? `group ${group}` : `pool ${pool} in group ${group}`}`);
  return answer;
}

function mustRead({ admin }: Inside, request: FastifyRequest): void {
  const refusal = refusalOf(admin(), "read", request.headers.authorization);
  if (refusal !== null) throw refusal;
}

async function page(inside: Inside, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const refusal = refusalOf(inside.admin(), "read", request.headers.authorization);
  const [path = "/"] = request.url.split("?", 1);
  const given = typeof request.query === "object" && request.query !== null ? request.query : {};
  const answer = await inside.page?.render({
    path,
    query: Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)])),
    mayRead: refusal === null,
    mayOrder: inside.admin().token !== null,
    language: /^[a-z]+/i.exec(request.headers["accept-language"] ?? "")?.[0]?.toLowerCase() ?? "en",
  });
  if (answer === undefined) throw notFound("there is no page");
  return send(request, reply.headers(refusal?.headers ?? {}), answer);
}

async function send(request: FastifyRequest, reply: FastifyReply, answer: PageAnswer): Promise<FastifyReply> {
  const { status, type, body, headers } = await packed(answer, String(request.headers["accept-encoding"] ?? ""));
  return reply
    .code(status)
    .type(type)
    .headers({ ...headers })
    .send(typeof body === "string" ? body : Buffer.from(body));
}
