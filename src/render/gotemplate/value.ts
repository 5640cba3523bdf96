import { Func } from "./func.ts";
import { ANY, BOOL, COMPLEX128, FLOAT64, INT, type Kind, LIST, MAP, STRING, STRINGS, type Type } from "./type.ts";

/**
 * What a template works with. undefined is "nothing" (a missing field), null a nil inside a list or map, string a byte string,
 * bigint Go's int, number Go's float64; all other Go values are instances of the classes below.
 */
export type Value =
  | undefined
  | null
  | boolean
  | string
  | bigint
  | number
  | Scalar
  | Complex
  | Slice
  | GoMap
  | Struct
  | Func;

/** A boolean, number or string whose type is not the default one, such as uint8 or time.Month. */
export class Scalar {
  readonly type: Type;
  readonly value: boolean | string | bigint | number;

  constructor(type: Type, value: boolean | string | bigint | number) {
    this.type = type;
    this.value = value;
  }
}

/** A complex128. */
export class Complex {
  readonly real: number;
  readonly imaginary: number;

  constructor(real: number, imaginary: number) {
    this.real = real;
    this.imaginary = imaginary;
  }
}

/** A list: a view of an array, which slices of it share as they do in Go. */
export class Slice {
  readonly type: Type;
  readonly length: number;
  /** False for a nil list, which differs from an empty one in comparisons with nil only. */
  readonly present: boolean;
  readonly #array: Value[];
  readonly #offset: number;

  constructor(type: Type, array: Value[] | null, offset = 0, length = array === null ? 0 : array.length - offset) {
    this.type = type;
    this.#array = array ?? [];
    this.present = array !== null;
    this.#offset = offset;
    this.length = length;
  }

  at(index: number): Value {
    return this.#array[this.#offset + index];
  }

  set(index: number, value: Value): void {
    this.#array[this.#offset + index] = value;
  }

  /** The elements as an array of their own. */
  items(): Value[] {
    return this.#array.slice(this.#offset, this.#offset + this.length);
  }

  /** The part from `start` to `end`, on the same elements. */
  part(start: number, end: number): Slice {
    return new Slice(this.type, this.present ? this.#array : null, this.#offset + start, end - start);
  }

  /** The same elements under another type. */
  as(type: Type): Slice {
    return new Slice(type, this.present ? this.#array : null, this.#offset, this.length);
  }
}

/** A map with byte strings as keys; always walked in byte order of the keys. */
export class GoMap {
  readonly type: Type;
  readonly entries: ReadonlyMap<string, Value>;
  /** False for a nil map. */
  readonly present: boolean;

  constructor(type: Type, entries: ReadonlyMap<string, Value> | null) {
    this.type = type;
    this.entries = entries ?? new Map();
    this.present = entries !== null;
  }

  sortedKeys(): string[] {
    return [...this.entries.keys()].sort();
  }
}

/** A struct: its fields in the order of its type, and for types with methods whatever those need. */
export class Struct {
  readonly type: Type;
  readonly fields: readonly Value[];
  /** Hidden from templates; methods of the type work on it. */
  readonly inner: unknown;

  constructor(type: Type, fields: readonly Value[], inner: unknown = null) {
    this.type = type;
    this.fields = fields;
    this.inner = inner;
  }
}

/** A []string of byte strings. */
export function strings(items: string[]): Slice {
  return new Slice(STRINGS, items);
}

/** A []interface {}. */
export function list(items: Value[]): Slice {
  return new Slice(LIST, items);
}

/** A map[string]interface {}. */
export function map(entries: Iterable<readonly [string, Value]>): GoMap {
  return new GoMap(MAP, new Map(entries));
}

const FUNC: Type = { ...ANY, kind: "func", name: "func()", underlying: "func()" };

/** The type of a value; null for nothing and nil. */
export function typeOf(value: Value): Type | null {
  switch (typeof value) {
    case "string":
      return STRING;
    case "bigint":
      return INT;
    case "number":
      return FLOAT64;
    case "boolean":
      return BOOL;
    case "undefined":
      return null;
    default:
      if (value === null) return null;
      if (value instanceof Complex) return COMPLEX128;
      return value instanceof Func ? FUNC : value.type;
  }
}

/** What a value counts as when its type is looked through; "nil" for nothing and nil. */
export function kindOf(value: Value): Kind | "nil" {
  return typeOf(value)?.kind ?? "nil";
}

/** The plain JavaScript value under a scalar, the value itself otherwise. */
export function bare(value: Value): Value {
  return value instanceof Scalar ? value.value : value;
}

/** A number, boolean or string as a value of this type. */
export function scalar(type: Type, value: boolean | string | bigint | number): Value {
  return type.name === type.kind && typeOf(value)?.kind === type.kind ? value : new Scalar(type, value);
}

/** What a pointer points to; any other value itself. */
export function indirect(value: Value): Value {
  if (!(value instanceof Struct) || value.type.target === null) return value;
  return new Struct(value.type.target, value.fields, value.inner);
}

/** The zero value of a type. */
export function zeroOf(type: Type): Value {
  switch (type.kind) {
    case "interface":
    case "func":
      return null;
    case "reflect":
      return undefined;
    case "slice":
      return new Slice(type, null);
    case "map":
      return new GoMap(type, null);
    case "struct":
      return type.target === null ? zeroStruct(type) : null;
    case "complex128":
      return new Complex(0, 0);
    default:
      return zeroScalar(type);
  }
}

function zeroStruct(type: Type): Struct {
  const fields = type.fields.map((field) => zeroOf(field.type));
  return new Struct(type, fields);
}

function zeroScalar(type: Type): Value {
  if (type.kind === "bool") return scalar(type, false);
  if (type.kind === "string") return scalar(type, "");
  return scalar(type, type.kind === "float64" || type.kind === "float32" ? 0 : 0n);
}

/** Go's truth: false, 0, the empty string, nil and empty lists and maps are false; structs are always true. */
export function isTrue(value: Value): boolean {
  if (value instanceof Scalar) return isTrue(value.value);
  if (value instanceof Slice) return value.length > 0;
  if (value instanceof GoMap) return value.entries.size > 0;
  if (value instanceof Complex) return value.real !== 0 || value.imaginary !== 0;
  if (typeof value === "number") return value !== 0;
  return typeof value === "object" ? value !== null : Boolean(value);
}
