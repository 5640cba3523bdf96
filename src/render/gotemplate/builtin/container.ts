import { GoError } from "../error.ts";
import { func, variadic } from "../func.ts";
import { isSigned, isUnsigned, REFLECT, UINT8 } from "../type.ts";
import { bare, GoMap, kindOf, Scalar, Slice, typeOf, type Value, zeroOf } from "../value.ts";

function nameOf(value: Value): string {
  return typeOf(value)?.name ?? "<nil>";
}

function position(index: Value, length: number): number {
  const kind = kindOf(index);
  if (kind === "nil") throw new GoError("cannot index slice/array with nil");
  const number = isSigned(kind) || isUnsigned(kind) ? bare(index) : null;
  if (typeof number !== "bigint") throw new GoError(`cannot index slice/array with type ${nameOf(index)}`);
  if (number < 0n || number > BigInt(length)) throw new GoError(`index out of range: ${number}`);
  return Number(number);
}

function element(item: Value, index: Value): Value {
  if (item === null) throw new GoError("index of nil pointer");
  const container = bare(item);
  if (container instanceof GoMap) return entry(container, index);
  if (!(container instanceof Slice) && typeof container !== "string") {
    throw new GoError(`can't index item of type ${nameOf(item)}`);
  }
  const at = position(index, container.length);
  if (at >= container.length) {
    const what = typeof container === "string" ? "string" : "slice";
    throw new GoError(`reflect: ${what} index out of range`);
  }
  return typeof container === "string" ? new Scalar(UINT8, BigInt(container.charCodeAt(at))) : container.at(at);
}

function entry(map: GoMap, index: Value): Value {
  if (index === undefined || index === null) throw new GoError("value is nil; should be of type string");
  if (typeof index !== "string") throw new GoError(`value has type ${nameOf(index)}; should be string`);
  return map.entries.has(index) ? map.entries.get(index) : zeroOf(map.type.element ?? REFLECT);
}

/** `index`: an element of a list, map or string (a byte); more indexes go deeper. */
export const INDEX = variadic([REFLECT, REFLECT], ([item, ...indexes]) => {
  if (item === undefined || item === null) throw new GoError("index of untyped nil");
  return indexes.reduce<Value>(element, item);
});

/** `slice`: a part of a list or string, counted in bytes. */
export const SLICE = variadic([REFLECT, REFLECT], ([item, ...indexes]) => {
  if (item === undefined || item === null) throw new GoError("slice of untyped nil");
  if (indexes.length > 3) throw new GoError(`too many slice indexes: ${indexes.length}`);
  const whole = bare(item);
  if (typeof whole === "string" && indexes.length === 3) throw new GoError("cannot 3-index slice a string");
  if (!(whole instanceof Slice) && typeof whole !== "string")
    throw new GoError(`can't slice item of type ${nameOf(item)}`);
  const [start = 0, end = whole.length, capacity = end] = indexes.map((index) => position(index, whole.length));
  if (start > end) throw new GoError(`invalid slice index: ${start} > ${end}`);
  if (end > capacity) throw new GoError(`invalid slice index: ${end} > ${capacity}`);
  return typeof whole === "string" ? whole.slice(start, end) : whole.part(start, end);
});

/** `len`: of a list, map or string (in bytes). */
export const LEN = func([REFLECT], ([item]) => {
  if (item === null) throw new GoError("len of nil pointer");
  if (item === undefined) throw new GoError("reflect: call of reflect.Value.Type on zero Value");
  const measured = bare(item);
  if (measured instanceof GoMap) return BigInt(measured.entries.size);
  if (measured instanceof Slice || typeof measured === "string") return BigInt(measured.length);
  throw new GoError(`len of type ${nameOf(item)}`);
});
