import { GoError } from "../gotemplate/error.ts";
import { asInt, asSlice, asText, type Func, func } from "../gotemplate/func.ts";
import { ANY, INT, INTS, STRINGS } from "../gotemplate/type.ts";
import { Slice, Struct, type Value } from "../gotemplate/value.ts";
import { PAIR_LIST } from "./store.ts";

const LONGEST_SEQUENCE = 10_000_000n;

// confd reverses and sorts the list itself, so every other name for it sees the new order too.
function refill(list: Slice, items: readonly Value[]): Slice {
  for (const [i, item] of items.entries()) list.set(i, item);
  return list;
}

function reverse(value: Value): Value {
  const reversible = value instanceof Slice && (value.type.name === STRINGS.name || value.type.name === PAIR_LIST.name);
  return reversible ? refill(value, value.items().reverse()) : value;
}

function keyLength(value: Value): number {
  return value instanceof Struct ? asText(value.fields[0]).length : 0;
}

function sortBy(list: Slice, length: (value: Value) => number): Slice {
  return refill(
    list,
    list.items().sort((a, b) => length(a) - length(b)),
  );
}

function sequence(first: bigint, last: bigint): Slice {
  if (first > last) return new Slice(INTS, null);
  if (last - first >= LONGEST_SEQUENCE) throw new GoError(`a sequence may have ${LONGEST_SEQUENCE} numbers`);
  return new Slice(
    INTS,
    Array.from({ length: Number(last - first) + 1 }, (_none, i) => first + BigInt(i)),
  );
}

/** Functions on lists. */
export function listFunctions(): [string, Func][] {
  return [
    ["reverse", func([ANY], ([value]) => reverse(value))],
    ["sortByLength", func([STRINGS], ([list]) => sortBy(asSlice(list), (item) => asText(item).length))],
    ["sortKVByLength", func([PAIR_LIST], ([list]) => sortBy(asSlice(list), keyLength))],
    ["seq", func([INT, INT], ([first, last]) => sequence(asInt(first), asInt(last)))],
  ];
}
