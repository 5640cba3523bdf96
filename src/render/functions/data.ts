import { GoError } from "../gotemplate/error.ts";
import { asText, type Func, func, variadic } from "../gotemplate/func.ts";
import { ANY, LIST, MAP, STRING } from "../gotemplate/type.ts";
import { GoMap, map, Slice, type Value } from "../gotemplate/value.ts";
import { base64Decode, base64Encode } from "./base64.ts";
import { readJson } from "./json.ts";

function unfit(value: Value, type: string): never {
  const what = value instanceof GoMap ? "object" : value instanceof Slice ? "array" : typeof value;
  throw new GoError(`json: cannot unmarshal ${what === "boolean" ? "bool" : what} into Go value of type ${type}`);
}

function jsonObject(text: string): GoMap {
  const value = readJson(text);
  if (value === null) return new GoMap(MAP, null);
  return value instanceof GoMap ? value : unfit(value, MAP.name);
}

function jsonArray(text: string): Slice {
  const value = readJson(text);
  if (value === null) return new Slice(LIST, null);
  return value instanceof Slice ? value : unfit(value, LIST.name);
}

function makeMap(values: readonly Value[]): GoMap {
  if (values.length % 2 !== 0) throw new GoError("invalid map call");
  const entries: [string, Value][] = [];
  for (let i = 0; i < values.length; i += 2) {
    const key = values[i];
    if (typeof key !== "string") throw new GoError("map keys must be strings");
    entries.push([key, values[i + 1]]);
  }
  return map(entries);
}

/** Functions that read and make data. */
export function dataFunctions(): [string, Func][] {
  return [
    ["json", func([STRING], ([text]) => jsonObject(asText(text)))],
    ["jsonArray", func([STRING], ([text]) => jsonArray(asText(text)))],
    ["map", variadic([ANY], (values) => makeMap(values))],
    ["base64Encode", func([STRING], ([text]) => base64Encode(asText(text)))],
    ["base64Decode", func([STRING], ([text]) => base64Decode(asText(text)))],
  ];
}
