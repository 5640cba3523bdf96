// zod's findings in the words of the person who wrote the file.
import type { z } from "zod";
import { keysOf, schemasAt, typeWords } from "./introspect.ts";
import { allowedHint } from "./nearest.ts";

/** Something wrong at a path below the value that was read. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  readonly problem: string;
  readonly hint: string | null;
}

type Issue = z.core.$ZodIssue;
type Schema = z.core.$ZodType;

/** One finding for each thing to mend. */
export function findings(issues: readonly Issue[], schema: Schema, value: unknown): readonly Finding[] {
  return issues.flatMap((issue) => explain(issue, schema, valueAt(value, issue.path)));
}

/** How zod begins when a schema has no words of its own. */
const ZOD_WORDS = /^(Invalid|Too (small|big)|Unrecognized key|Not a )/;

function explain(issue: Issue, schema: Schema, input: unknown): readonly Finding[] {
  const { path } = issue;
  const here = (problem: string, hint: string | null = null): readonly Finding[] => [{ path, problem, hint }];
  if (input === undefined && issue.code !== "unrecognized_keys" && issue.code !== "custom") return here("is required");
  if (!ZOD_WORDS.test(issue.message)) return here(...split(issue.message, input));
  switch (issue.code) {
    case "invalid_type":
      return here(...mismatch(wanted(schema, path), input));
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, schema));
    case "invalid_value":
      return here(`${show(input)} is not allowed`, allowedHint(plain(input), issue.values.map(String)));
    case "invalid_union":
      return explainUnion(issue, schema, input);
    case "too_small":
      return here(outOf(issue.origin, `at least ${issue.minimum}`, Number(issue.minimum), input));
    case "too_big":
      return here(outOf(issue.origin, `at most ${issue.maximum}`, Number(issue.maximum), input));
    case "invalid_format":
      return here(`${show(input)} is no ${issue.format === "regex" ? wanted(schema, path) : issue.format}`);
    case "invalid_key":
      return issue.issues.flatMap((inner) => here(...split(inner.message, input)));
    default:
      return here(...split(issue.message, input));
  }
}

function unknownKey(key: string, path: readonly PropertyKey[], schema: Schema): Finding {
  const allowed = schemasAt(schema, path).flatMap((one) => [...keysOf(one).keys()]);
  return { path: [...path, key], problem: `unknown key "${key}"`, hint: allowedHint(key, allowed) };
}

/** The branch that came closest speaks; when none took even the type, all are named. */
function explainUnion(issue: Issue & { code: "invalid_union" }, schema: Schema, input: unknown): readonly Finding[] {
  const { path } = issue;
  const tried = issue.errors.filter(
    (errors) =>
      !errors.some(({ code, path: at }) => at.length === 0 && code !== "custom" && code !== "unrecognized_keys"),
  );
  const best = [...tried].sort((a, b) => a.length - b.length)[0];
  if (best !== undefined) {
    const below = best.map((inner) => ({ ...inner, path: [...path, ...inner.path] }));
    return below.flatMap((inner) => explain(inner, schema, valueAt(input, inner.path.slice(path.length))));
  }
  const words = "options" in issue && Array.isArray(issue.options) ? issue.options : literals(issue.errors);
  if (typeof input === "string" && words.length > 0)
    return [{ path, problem: `${show(input)} is not allowed`, hint: allowedHint(input, words.map(String)) }];
  const [problem, hint] = mismatch(wanted(schema, path), input);
  return [{ path, problem, hint }];
}

/** Where a text was wanted the value is not shown: it may be a password without quotes. */
function mismatch(type: string, input: unknown): [string, string | null] {
  const words = withArticle(type.replace("secret", "text"));
  if (typeof input === "object" || typeof input === "string") return [`expected ${words}, got ${show(input)}`, null];
  const textual = words.includes("text");
  return [
    `expected ${words}, got ${textual ? withArticle(typeof input) : show(input)}`,
    textual ? "put it in quotes" : null,
  ];
}

const withArticle = (type: string): string => {
  if (/^(text|true|any )/.test(type)) return type;
  return `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
};

const literals = (errors: readonly (readonly Issue[])[]): readonly unknown[] =>
  errors.flat().flatMap((issue) => (issue.code === "invalid_value" ? issue.values : []));

function wanted(schema: Schema, path: readonly PropertyKey[]): string {
  const words = new Set(schemasAtOwnWord(schema, path).map(typeWords));
  return [...words].join(" or ");
}

/** The schemas at the path before unions and pipes are opened, so that a duration is called one. */
function schemasAtOwnWord(schema: Schema, path: readonly PropertyKey[]): readonly Schema[] {
  const last = path.at(-1);
  if (last === undefined) return [schema];
  return schemasAt(schema, path.slice(0, -1)).flatMap((parent) => {
    const key = keysOf(parent).get(String(last));
    return key === undefined ? schemasAt(parent, [last]) : [key];
  });
}

function outOf(origin: string, bound: string, limit: number, input: unknown): string {
  if (origin === "string") return limit === 1 && input === "" ? "must not be empty" : `must have ${bound} letters`;
  if (origin === "array" || origin === "set") return limit === 1 ? "must not be empty" : `must have ${bound} entries`;
  return `must be ${bound}, got ${show(input)}`;
}

/** A message that ends in parentheses carries its own hint; one that begins with "write" is a hint alone. */
function split(message: string, input: unknown): [string, string | null] {
  if (message.startsWith("write ")) return [`${show(input)} does not fit`, message];
  const [, problem, hint] = /^(.*\S)\s+\((.*)\)$/s.exec(message) ?? [];
  return problem === undefined || hint === undefined ? [message, null] : [problem, hint];
}

function show(input: unknown): string {
  if (Array.isArray(input)) return "a list";
  if (input === null || input === undefined) return "nothing";
  if (typeof input === "object") return "a section";
  return typeof input === "string" ? `"${input.length > 60 ? `${input.slice(0, 57)}...` : input}"` : String(input);
}

const plain = (input: unknown): string => (typeof input === "string" ? input : "");

/** What stands at a path; undefined where the path ends earlier. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}
