// What can be changed: orders, and a probe out of turn.
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { targetAnswer } from "../answers.ts";
import type { Inside } from "../inside.ts";
import { orderBody, orderEnd, orderedAnswer, previewAnswer, previewQuery } from "../order-answers.ts";
import { endOrder, giveOrder, type Place, previewOf } from "../orders.ts";
import { parsed, Refusal } from "./refusal.ts";
import { param, type Route } from "./route.ts";
import { noTarget } from "./routes-read.ts";

const PATH = "/api/pools/:pool/:target";

/** The target of a request, one that can be ordered. */
function placeOf({ given: { board } }: Inside, request: FastifyRequest): Place {
  const view = board.pool(param(request, "pool"));
  const row = view?.rows.get(param(request, "target"));
  if (view === null || row === undefined) throw noTarget(request, board);
  if (row.target.part === "reference")
    throw new Refusal(
      409,
      "reference",
      `${row.target.name} is a reference: it never serves, so there is nothing to order`,
    );
  return { view, row };
}

/** Routes of orders. */
export const orderRoutes = (inside: Inside): readonly Route[] => [
  {
    method: "GET",
    path: `${PATH}/preview`,
    summary: "What an order would do, as the rules of the pool say; nothing is changed.",
    need: "read",
    query: previewQuery,
    answer: previewAnswer,
    errors: [400, 404, 409],
    handle(request) {
      const place = placeOf(inside, request);
      return previewOf(inside.given, place, parsed(previewQuery, request.query, "query").order);
    },
  },
  {
    method: "POST",
    path: `${PATH}/override`,
    summary: "Orders drain or maint. Refused (409) when fewer than at_least would serve, unless forced.",
    need: "change",
    body: orderBody,
    answer: orderedAnswer,
    errors: [400, 404, 409, 413, 503],
    handle(request) {
      const place = placeOf(inside, request);
      return giveOrder(inside.given, place, parsed(orderBody, request.body ?? {}, "body"));
    },
  },
  {
    method: "DELETE",
    path: `${PATH}/override`,
    summary: "Ends the order. Owner and reason also as JSON body.",
    need: "change",
    query: orderEnd,
    answer: orderedAnswer,
    errors: [400, 404, 409, 413, 503],
    handle(request) {
      const place = placeOf(inside, request);
      const query = parsed(orderEnd, request.query, "query");
      const body = parsed(orderEnd, request.body ?? {}, "body");
      const { owner = "somebody over the API", reason = null } = { ...query, ...body };
      return endOrder(inside.given, place, { owner, reason });
    },
  },
];

/** The route that asks out of turn. */
export const probeRoutes = (inside: Inside): readonly Route[] => [
  {
    method: "POST",
    path: `${PATH}/probe`,
    summary: "Probes the target now and answers when no change is pending, after 5 s at the latest.",
    need: "change",
    body: z.strictObject({}),
    answer: targetAnswer,
    errors: [400, 404, 409, 413],
    async handle(request) {
      const { view, row } = placeOf(inside, request);
      parsed(z.strictObject({}), request.body ?? {}, "body");
      await inside.probed(`${view.pool}/${row.target.name}`);
      const answer = inside.reader.target(view.pool, row.target.name);
      if (answer === null) throw noTarget(request, inside.given.board);
      return answer;
    },
  },
];
