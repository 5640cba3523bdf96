// What a zod schema says about itself: allowed keys and words for error hints, type and meaning for the reference.
// Duck-typed, never instanceof: a checker of the user's own may bring another copy of zod.
import { z } from "zod";

type Schema = z.core.$ZodType;

/** Schemas that a value meets when it is parsed by this one; itself when it is none but itself. */
export function behind(schema: Schema): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "optional":
    case "nullable":
    case "default":
    case "prefault":
    case "nonoptional":
    case "readonly":
    case "catch":
      return behind(def.innerType);
    case "pipe":
      return isTransform(def.in) ? behind(def.out) : behind(def.in);
    case "lazy":
      return behind(def.getter());
    case "union":
      return def.options.flatMap(behind);
    case "intersection":
      return [...behind(def.left), ...behind(def.right)];
    default:
      return [schema];
  }
}

const isTransform = (schema: Schema): boolean => schema._zod.def.type === "transform";

/** Schemas at a path below this one. */
export function schemasAt(schema: Schema, path: readonly PropertyKey[]): readonly Schema[] {
  const [key, ...rest] = path;
  if (key === undefined) return behind(schema);
  return behind(schema)
    .flatMap((one) => step(one, key))
    .flatMap((one) => schemasAt(one, rest));
}

function step(schema: Schema, key: PropertyKey): readonly Schema[] {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object": {
      const name = String(key);
      const inner = Object.hasOwn(def.shape, name) ? def.shape[name] : def.catchall;
      return inner === undefined ? [] : [inner];
    }
    case "array":
      return [def.element];
    case "record":
      return [def.valueType];
    case "tuple": {
      const inner = def.items[Number(key)] ?? def.rest;
      return inner === null || inner === undefined ? [] : [inner];
    }
    default:
      return [];
  }
}

/** Keys of the objects that this schema takes, each with its schema. */
export function keysOf(schema: Schema): ReadonlyMap<string, Schema> {
  const keys = new Map<string, Schema>();
  for (const one of behind(schema)) {
    const { def } = (one as z.core.$ZodTypes)._zod;
    if (def.type === "object") for (const [key, inner] of Object.entries(def.shape)) keys.set(key, inner);
  }
  return keys;
}

/** What was said about a schema by describe() and meta(), also below optional() and default(). */
export function saidOf(schema: Schema): Readonly<Record<string, unknown>> {
  const own = z.globalRegistry.get(schema) ?? {};
  const { def } = (schema as z.core.$ZodTypes)._zod;
  const inner = "innerType" in def ? saidOf(def.innerType) : def.type === "pipe" ? saidOf(def.in) : {};
  return { ...inner, ...own };
}

const PLAIN: Readonly<Record<string, string>> = {
  string: "text",
  number: "number",
  boolean: "true or false",
  null: "nothing",
};

/** The type in a reader's words: `duration`, `list of text`, `one of all, any`. */
export function typeWords(schema: Schema): string {
  const said = saidOf(schema).type;
  if (typeof said === "string") return said;
  const words = new Set(alternatives(schema).map(plainWords));
  return [...words].join(" or ");
}

/** Like behind(), but stops at a schema that has a word of its own. */
function alternatives(schema: Schema): readonly Schema[] {
  if (typeof z.globalRegistry.get(schema)?.type === "string") return [schema];
  const { def } = (schema as z.core.$ZodTypes)._zod;
  if (def.type === "union") return def.options.flatMap(alternatives);
  if ("innerType" in def) return alternatives(def.innerType);
  if (def.type === "pipe") return alternatives(isTransform(def.in) ? def.out : def.in);
  return [schema];
}

function plainWords(schema: Schema): string {
  const said = saidOf(schema).type;
  if (typeof said === "string") return said;
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "literal":
      return def.values.map(String).join(", ");
    case "enum":
      return Object.values(def.entries).map(String).join(", ");
    case "array":
      return `list of ${typeWords(def.element)}`;
    case "record":
      return `section name: ${typeWords(def.valueType)}`;
    case "object":
      return sectionWords(Object.keys(def.shape));
    case "number":
      return "format" in schema._zod.def || isInt(def) ? "whole number" : "number";
    default:
      return PLAIN[def.type] ?? "any value";
  }
}

const sectionWords = (keys: readonly string[]): string =>
  keys.length > 6 ? "section" : `section {${keys.join(", ")}}`;

const isInt = (def: z.core.$ZodNumberDef): boolean =>
  (def.checks ?? []).some((check) => "format" in check._zod.def && check._zod.def.format === "safeint");
