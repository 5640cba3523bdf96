import { GoError } from "../gotemplate/error.ts";
import { asText, type Func, func, variadic } from "../gotemplate/func.ts";
import { type Field, named, STRING, sliceOf, structOf } from "../gotemplate/type.ts";
import { Slice, Struct, strings } from "../gotemplate/value.ts";
import type { Keys } from "../keys.ts";

const FIELDS: readonly Field[] = [
  { name: "Key", type: STRING },
  { name: "Value", type: STRING },
];

const PAIR = structOf("memkv.KVPair", FIELDS);

/** []KVPair: what sorting returns. */
export const PAIR_LIST = sliceOf(PAIR);

/** KVPairs: what `gets` returns, a named type. */
export const PAIRS = named("memkv.KVPairs", PAIR_LIST);

function missing(key: string): never {
  throw new GoError(`key does not exist: ${key}`);
}

function matching(keys: Keys, pattern: string): string[] {
  const found = keys.match(pattern);
  if (found === null) throw new GoError("syntax error in pattern");
  return found;
}

function pair(keys: Keys, key: string): Struct {
  return new Struct(PAIR, [key, keys.get(key) ?? missing(key)]);
}

/** Functions that read keys. */
export function storeFunctions(keys: Keys): [string, Func][] {
  return [
    ["exists", func([STRING], ([key]) => keys.get(asText(key)) !== undefined)],
    ["get", func([STRING], ([key]) => pair(keys, asText(key)))],
    [
      "getv",
      variadic([STRING, STRING], ([key, otherwise]) => keys.get(asText(key)) ?? otherwise ?? missing(asText(key))),
    ],
    [
      "gets",
      func(
        [STRING],
        ([pattern]) =>
          new Slice(
            PAIRS,
            matching(keys, asText(pattern)).map((key) => pair(keys, key)),
          ),
      ),
    ],
    [
      "getvs",
      func([STRING], ([pattern]) =>
        strings(
          matching(keys, asText(pattern))
            .map((key) => keys.get(key) ?? "")
            .sort(),
        ),
      ),
    ],
    ["ls", func([STRING], ([path]) => strings(keys.list(asText(path))))],
    ["lsdir", func([STRING], ([path]) => strings(keys.listFolders(asText(path))))],
  ];
}
