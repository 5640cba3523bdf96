import type { z } from "zod";
import { findings } from "../../config/issues.ts";
import { pathWords } from "../../config/loading.ts";

/** An answer that is an error: `{"error":{"code","message"}}`; the message says the next step. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** There is nothing of that name. */
export const notFound = (message: string): Refusal => new Refusal(404, "not_found", message);

/** What the schema of a body, a query or a path made of what came. */
export function parsed<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = findings(result.error.issues, schema, value).map(({ path, problem, hint }) => {
    // What a file calls a section is an object on the wire.
    const words = problem.replace(/^expected a section\b/, "expected an object");
    return `${pathWords([where, ...path])}: ${words}${hint === null ? "" : ` (${hint})`}`;
  });
  throw new Refusal(400, "bad_request", problems.join("; "));
}
