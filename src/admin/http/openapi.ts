import { z } from "zod";
import { eventAnswers } from "../event-answers.ts";
import type { Route } from "./route.ts";

/** The one shape of errors. */
export const errorAnswer = z.strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) });

const CAUSES: Readonly<Record<number, string>> = {
  400: "what was sent is not understood",
  401: "a token is needed, or this is not it",
  403: "changes are off: no token is configured",
  404: "there is nothing of that name",
  406: "this is for browsers",
  409: "refused: it would leave too few targets",
  413: "the body is too large",
  429: "too many requests",
  503: "not now",
};

/** The description of all routes, made from the very schemas that answers are tested against. */
export function openapi(routes: readonly Route[], version: string): Record<string, unknown> {
  const shapes: Shapes = new Map([["Error", schemaOf(errorAnswer, new Map())]]);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, shapes) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "checkd", version, description: "Which server behind HAProxy may take traffic, and why." },
    paths,
    components: {
      schemas: { ...events(shapes), ...Object.fromEntries(shapes) },
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

const events = (shapes: Shapes): Record<string, unknown> =>
  Object.fromEntries(Object.entries(eventAnswers).map(([name, schema]) => [`event.${name}`, schemaOf(schema, shapes)]));

function operation(route: Route, shapes: Shapes): Record<string, unknown> {
  const errors = [...new Set([...route.errors, ...accessErrors(route)])].sort();
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replace(/\W+(\w)?/g, (_, letter = "") => letter.toUpperCase())}`,
    parameters: parametersOf(route, shapes),
    ...(route.body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: schemaOf(route.body, shapes, "input") } },
          },
        }),
    ...(route.need === "open" ? {} : { security: route.need === "change" ? [{ token: [] }] : [{}, { token: [] }] }),
    responses: {
      ...Object.fromEntries([200, ...(route.also ?? [])].map((status) => [status, answerOf(route, shapes)])),
      ...Object.fromEntries(errors.map((status) => [status, errorOf(status)])),
    },
  };
}

const accessErrors = ({ need }: Route): readonly number[] =>
  need === "open" ? [429] : need === "read" ? [401, 429] : [401, 403, 429];

const answerOf = ({ answer }: Route, shapes: Shapes): Record<string, unknown> =>
  typeof answer === "string"
    ? { description: "fine", content: { [answer]: { schema: { type: "string" } } } }
    : { description: "fine", content: { "application/json": { schema: schemaOf(answer, shapes) } } };

const errorOf = (status: number): Record<string, unknown> => ({
  description: CAUSES[status] ?? "an error",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
});

function parametersOf({ path, query }: Route, shapes: Shapes): readonly Record<string, unknown>[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    ...{ name, in: "path", required: true },
    schema: { type: "string" },
  }));
  const shape: Readonly<Record<string, z.ZodType>> = query?.shape ?? {};
  const inQuery = Object.entries(shape).map(([name, schema]) => ({
    ...{ name, in: "query", required: !schema.safeParse(undefined).success },
    schema: schemaOf(schema, shapes, "input"),
  }));
  return [...inPath, ...inQuery];
}

/** Shapes with a name, on their way to `components`. */
type Shapes = Map<string, unknown>;

/** The JSON schema of a shape; named parts are referred to, and put among the `shapes`. */
function schemaOf(schema: z.ZodType, shapes: Shapes, io: "input" | "output" = "output"): Record<string, unknown> {
  const { $schema, $defs = {}, ...rest } = referring(z.toJSONSchema(schema, { io, target: "draft-2020-12" }));
  for (const [name, shape] of Object.entries($defs)) shapes.set(name, shape);
  return rest;
}

const defined = z.looseObject({ $defs: z.record(z.string(), z.unknown()).optional() });

const referring = (schema: unknown): z.output<typeof defined> =>
  defined.parse(JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/$defs/', '"$ref":"#/components/schemas/')));
