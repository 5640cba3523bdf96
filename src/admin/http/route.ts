import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Need } from "./access.ts";

/** One route of the API, as it is served and as it is described in /api/openapi.json. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** With `:name` for parameters. */
  readonly path: string;
  readonly summary: string;
  readonly need: Need;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The JSON of the answer; or the type of one that is no JSON. */
  readonly answer: z.ZodType | string;
  /** Statuses beside 200 with the same JSON (503 of /readyz). */
  readonly also?: readonly number[];
  /** Statuses of errors beside 401, 403, 429. */
  readonly errors: readonly number[];
  /** Gives the answer, or undefined when it has answered by itself. */
  handle(request: FastifyRequest, reply: FastifyReply): unknown;
}

/** A parameter of the path. */
export function param(request: FastifyRequest, name: string): string {
  const { params } = request;
  const value = typeof params === "object" && params !== null && name in params ? Reflect.get(params, name) : "";
  return typeof value === "string" ? value : "";
}

/** Whether the client wants HTML before JSON: a browser does. */
export const wantsHtml = (request: FastifyRequest): boolean => {
  const accept = request.headers.accept ?? "";
  return /\btext\/html\b/.test(accept) && !/^\s*application\/json\b/.test(accept);
};
