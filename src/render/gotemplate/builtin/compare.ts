import { GoError } from "../error.ts";
import { NO_FLAGS } from "../format/flags.ts";
import { Printer } from "../format/printer.ts";
import { Func, func, variadic } from "../func.ts";
import { isSigned, isUnsigned, REFLECT, type Type } from "../type.ts";
import { bare, Complex, GoMap, kindOf, Slice, Struct, typeOf, type Value } from "../value.ts";

type Basic = "bool" | "complex" | "int" | "uint" | "float" | "string";

const SHOWN = 1000;

function basicKind(value: Value): Basic | null {
  const kind = kindOf(value);
  if (kind === "nil") return null;
  if (isSigned(kind)) return "int";
  if (isUnsigned(kind)) return "uint";
  if (kind === "float64" || kind === "float32") return "float";
  if (kind === "complex128") return "complex";
  return kind === "bool" || kind === "string" ? kind : null;
}

function comparableAsNumbers(a: Basic | null, b: Basic | null): boolean {
  return a === b || (a === "int" && b === "uint") || (a === "uint" && b === "int");
}

function equal(a: Value, b: Value): boolean {
  const kind = basicKind(a);
  const other = basicKind(b);
  if (kind === null && other === null) return equalOthers(a, b);
  if (kind === null || other === null || !comparableAsNumbers(kind, other)) {
    if (isNothing(a) || isNothing(b)) return false;
    throw new GoError("incompatible types for comparison");
  }
  return same(a, b);
}

function same(a: Value, b: Value): boolean {
  if (a instanceof Complex && b instanceof Complex) return a.real === b.real && a.imaginary === b.imaginary;
  return bare(a) === bare(b);
}

function isNothing(value: Value): boolean {
  return value === undefined || value === null;
}

// A list, map or pointer may be compared with nil only; structs with structs.
function isNil(value: Value): boolean {
  return isNothing(value) || ((value instanceof Slice || value instanceof GoMap) && !value.present);
}

function equalOthers(a: Value, b: Value): boolean {
  if (kindOf(a) !== kindOf(b) && !isNothing(a) && !isNothing(b)) {
    throw new GoError(`non-comparable types ${shown(a, "s")}: ${nameOf(a)}, ${nameOf(b)}: ${shown(b, "v")}`);
  }
  if (isNil(a) || isNil(b)) return isNil(a) === isNil(b);
  if (!isComparable(b)) throw new GoError(`non-comparable type ${shown(b, "s")}: ${nameOf(b)}`);
  return equalStructs(a, b);
}

function shown(value: Value, verb: string): string {
  const printer = new Printer(SHOWN);
  try {
    printer.print(value, verb, NO_FLAGS);
    return printer.out;
  } catch {
    return "...";
  }
}

function nameOf(value: Value): string {
  return typeOf(value)?.name ?? "<nil>";
}

function isComparable(value: Value): boolean {
  if (value instanceof Slice || value instanceof GoMap || value instanceof Func) return false;
  return (
    !(value instanceof Struct) ||
    value.type.target !== null ||
    value.type.fields.every(({ type }) => holdsComparable(type))
  );
}

function holdsComparable(type: Type): boolean {
  return (
    type.kind !== "slice" &&
    type.kind !== "map" &&
    type.kind !== "func" &&
    type.fields.every((field) => holdsComparable(field.type))
  );
}

function equalStructs(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (!(a instanceof Struct && b instanceof Struct) || a.type.name !== b.type.name || a.type.target !== null)
    return false;
  return a.inner === b.inner && a.fields.every((field, i) => sameField(field, b.fields[i]));
}

function sameField(a: Value, b: Value): boolean {
  if (a instanceof Struct) return equalStructs(a, b);
  return nameOf(a) === nameOf(b) && same(a, b);
}

function less(a: Value, b: Value): boolean {
  const kind = basicKind(a);
  const other = basicKind(b);
  if (kind === null || other === null) throw new GoError("invalid type for comparison");
  if (!comparableAsNumbers(kind, other)) throw new GoError("incompatible types for comparison");
  if (kind === "bool" || kind === "complex") throw new GoError("invalid type for comparison");
  const [left, right] = [bare(a), bare(b)];
  if (typeof left === "string" && typeof right === "string") return left < right;
  if (typeof left === "bigint" && typeof right === "bigint") return left < right;
  return typeof left === "number" && typeof right === "number" && left < right;
}

/** `eq`: true when the first argument equals any of the others. */
export const EQ = variadic([REFLECT, REFLECT], ([first, ...others]) => {
  if (others.length === 0) throw new GoError("missing argument for comparison");
  return others.some((other) => equal(first, other));
});

/** `ne`: the opposite of `eq`, of two. */
export const NE = func([REFLECT, REFLECT], ([a, b]) => !equal(a, b));

/** `lt`: less than; text by its bytes. */
export const LT = func([REFLECT, REFLECT], ([a, b]) => less(a, b));

/** `le`: less than or equal. */
export const LE = func([REFLECT, REFLECT], ([a, b]) => less(a, b) || equal(a, b));

/** `gt`: greater than. */
export const GT = func([REFLECT, REFLECT], ([a, b]) => !(less(a, b) || equal(a, b)));

/** `ge`: greater than or equal. */
export const GE = func([REFLECT, REFLECT], ([a, b]) => !less(a, b));
