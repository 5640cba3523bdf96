import { toBytes } from "../../../src/render/gotemplate/bytes.ts";
import type { FunctionMap } from "../../../src/render/gotemplate/func.ts";
import type { Limits } from "../../../src/render/gotemplate/limits.ts";
import { parse } from "../../../src/render/gotemplate/template.ts";
import { list, map, type Value } from "../../../src/render/gotemplate/value.ts";

/** Data that is JSON in the tests. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** JSON as Go's encoding/json hands it to a template. */
export function fromJson(data: Json): Value {
  if (typeof data === "string") return toBytes(data);
  if (data === null || typeof data !== "object") return data;
  if (isList(data)) return list(data.map(fromJson));
  return map(Object.entries(data).map(([key, value]) => [toBytes(key), fromJson(value)]));
}

function isList(data: Json): data is readonly Json[] {
  return Array.isArray(data);
}

/** What the tables of this folder run on. */
export const DATA: Json = {
  s: "text",
  n: 3306,
  f: 0.5,
  t: true,
  z: null,
  list: [1, "a", null, { k: "v" }],
  words: ["b", "a", "c"],
  map: { b: 1, a: { c: "deep" } },
  empty: [],
  none: {},
  u: "größe",
};

/** What a template gives for this data. */
export function execute(template: string, data: Json = null, limits: Partial<Limits> = {}): string {
  return parse("t", template).execute(fromJson(data), limits).toString("utf8");
}

/** What a template gives with functions and data of the test's own. */
export function executeWith(template: string, functions: FunctionMap, data?: Value): string {
  return parse("t", template, { functions }).execute(data).toString("utf8");
}
