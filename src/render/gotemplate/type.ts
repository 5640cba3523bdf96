import type { Func } from "./func.ts";
import type { Value } from "./value.ts";

/** The sorts of values Go tells apart. */
export type Kind =
  | "bool"
  | "int"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "float32"
  | "float64"
  | "complex128"
  | "string"
  | "slice"
  | "map"
  | "struct"
  | "func"
  | "interface"
  | "reflect";

/** A method, bound to its receiver when it is called. */
export type Method = (self: Value) => Func;

/** A Go type, as far as templates can tell types apart. */
export interface Type {
  readonly kind: Kind;
  /** As `%T` prints it. */
  readonly name: string;
  /** The type literal beneath a named type: values of one are assignable to the other unless both are named. */
  readonly underlying: string;
  /** Of slices and maps (whose keys are strings), else null. */
  readonly element: Type | null;
  /** Of structs, in order, else empty. */
  readonly fields: readonly Field[];
  readonly methods: ReadonlyMap<string, Method>;
  /** Of pointers (to structs only), the type they point to, else null. */
  readonly target: Type | null;
  /** The String method that printing uses, or null. */
  readonly text: ((self: Value) => string) | null;
  /** The GoString method that `%#v` uses, or null. */
  readonly goText: ((self: Value) => string) | null;
}

/** One field of a struct. */
export interface Field {
  readonly name: string;
  readonly type: Type;
}

const PLAIN = {
  element: null,
  fields: [],
  methods: new Map<string, Method>(),
  target: null,
  text: null,
  goText: null,
};

function basic(kind: Kind, name: string = kind): Type {
  return { ...PLAIN, kind, name, underlying: name };
}

/** Truth. */
export const BOOL = basic("bool");
/** The integer of templates, 64 bits. */
export const INT = basic("int");
/** A 64-bit integer by name. */
export const INT64 = basic("int64");
/** A byte. */
export const UINT8 = basic("uint8");
/** A port number and the like. */
export const UINT16 = basic("uint16");
/** The number of JSON and of constants with a point. */
export const FLOAT64 = basic("float64");
/** A complex number. */
export const COMPLEX128 = basic("complex128");
/** Text, as bytes. */
export const STRING = basic("string");
/** Takes any value; nil arrives as null. */
export const ANY = basic("interface", "interface {}");
/** Takes any value and also tells "nothing" (undefined) from a nil (null): what Go's built-in functions work on. */
export const REFLECT = basic("reflect", "reflect.Value");

/** The type of a list. */
export function sliceOf(element: Type): Type {
  const name = `[]${element.name}`;
  return { ...PLAIN, kind: "slice", name, underlying: name, element };
}

/** The type of a map with string keys. */
export function mapOf(element: Type): Type {
  const name = `map[string]${element.name}`;
  return { ...PLAIN, kind: "map", name, underlying: name, element };
}

/** What a struct or a named type may have besides its name. */
export interface Extras {
  readonly methods?: Iterable<readonly [string, Method]>;
  readonly text?: (self: Value) => string;
  readonly goText?: (self: Value) => string;
}

/** A struct type. */
export function structOf(name: string, fields: readonly Field[], extras: Extras = {}): Type {
  return { ...named(name, { ...PLAIN, kind: "struct", name, underlying: name }, extras), fields };
}

/** The type of pointers to a struct; fields and methods are reached through it. */
export function pointerTo(target: Type): Type {
  const name = `*${target.name}`;
  return { ...target, name, underlying: name, target };
}

/** A type of its own made from another one. */
export function named(name: string, base: Type, extras: Extras = {}): Type {
  const { text = null, goText = null } = extras;
  return { ...base, name, underlying: base.underlying, methods: new Map(extras.methods), text, goText };
}

/** A list of text. */
export const STRINGS = sliceOf(STRING);
/** A list of integers. */
export const INTS = sliceOf(INT);
/** A list of anything, as JSON has it. */
export const LIST = sliceOf(ANY);
/** A map to anything, as JSON has it. */
export const MAP = mapOf(ANY);

/** True when Go would assign a value of type `from` to a parameter of type `to`. */
export function assignable(from: Type, to: Type): boolean {
  if (from === to || to.kind === "interface" || to.kind === "reflect") return true;
  if (from.name === to.name) return true;
  const bothNamed = from.name !== from.underlying && to.name !== to.underlying;
  return from.kind === to.kind && from.underlying === to.underlying && !bothNamed && !isBasic(from);
}

// string, int and so on are named types themselves: `type Month int` is not assignable to int.
function isBasic(type: Type): boolean {
  return type.kind !== "slice" && type.kind !== "map" && type.kind !== "func";
}

const SIGNED: ReadonlySet<Kind> = new Set(["int", "int8", "int16", "int32", "int64"]);
const UNSIGNED: ReadonlySet<Kind> = new Set(["uint", "uint8", "uint16", "uint32", "uint64"]);

/** True for int and its sized relatives. */
export function isSigned(kind: Kind): boolean {
  return SIGNED.has(kind);
}

/** True for uint and its sized relatives. */
export function isUnsigned(kind: Kind): boolean {
  return UNSIGNED.has(kind);
}

/** The width of an integer kind. */
export function bitsOf(kind: Kind): number {
  const digits = kind.replace(/^u?int/, "");
  return digits === "" ? 64 : Number(digits);
}
