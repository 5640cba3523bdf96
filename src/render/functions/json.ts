import { fromBytes, toBytes, validUtf8 } from "../gotemplate/bytes.ts";
import { GoError } from "../gotemplate/error.ts";
import { list, map, type Value } from "../gotemplate/value.ts";
import { DEEPEST, jsonFault } from "./json-fault.ts";

/** JSON as template data: objects become maps, arrays lists, numbers float64. Throws a GoError with Go's words. */
export function readJson(text: string): Value {
  const valid = validUtf8(text);
  try {
    // Without \u escapes JSON.parse may read the bytes as they are, which gives byte strings at once.
    if (!valid.includes("\\u")) return toValue(JSON.parse(valid), same, 0);
    return toValue(JSON.parse(fromBytes(valid)), toBytes, 0);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new GoError(jsonFault(valid) ?? "invalid JSON");
  }
}

function same(text: string): string {
  return text;
}

function toValue(parsed: unknown, text: (value: string) => string, depth: number): Value {
  if (depth > DEEPEST) throw new GoError("exceeded max depth");
  if (parsed === null || typeof parsed === "boolean") return parsed;
  if (typeof parsed === "string") return text(parsed);
  if (typeof parsed === "number") return finite(parsed);
  if (Array.isArray(parsed)) return list(parsed.map((item) => toValue(item, text, depth + 1)));
  return map(Object.entries(parsed ?? {}).map(([key, item]) => [text(key), toValue(item, text, depth + 1)]));
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw new GoError("json: cannot unmarshal number into Go value of type float64");
}
