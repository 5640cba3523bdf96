import { z } from "zod";

type Schema = Readonly<Record<string, unknown>>;

interface Operation {
  readonly requestBody?: unknown;
  readonly parameters: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content: Readonly<Record<string, { readonly schema: Schema }>> }>
  >;
}

/** A description as /api/openapi.json gives it. */
export interface Description {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** What is wrong with a value by a schema of the description; null: nothing. */
export function wrongBy({ components }: Description, schema: Schema, value: unknown): string | null {
  const whole = { ...schema, $defs: components.schemas };
  const local: unknown = JSON.parse(JSON.stringify(whole).replaceAll("#/components/schemas/", "#/$defs/"));
  const result = z.fromJSONSchema(local as Parameters<typeof z.fromJSONSchema>[0]).safeParse(value);
  return result.success ? null : z.prettifyError(result.error);
}
