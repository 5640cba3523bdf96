import type { Limits } from "./limits.ts";
import type { Type } from "./type.ts";
import { Slice, type Value } from "./value.ts";

/** A function a template can call. Arguments arrive checked against `params`, strings as byte strings. */
export class Func {
  readonly params: readonly Type[];
  /** The last parameter may come any number of times. */
  readonly variadic: boolean;
  /** Results in Go, an error not counted; calling one with another number than 1 is an error. */
  readonly results: number;
  /** Gives something else each time, for reasons that nobody notes down. */
  readonly volatile: boolean;
  readonly call: (args: readonly Value[], limits: Limits) => Value;

  constructor(spec: {
    params: readonly Type[];
    variadic?: boolean;
    results?: number;
    volatile?: boolean;
    call: Func["call"];
  }) {
    this.params = spec.params;
    this.variadic = spec.variadic ?? false;
    this.results = spec.results ?? 1;
    this.volatile = spec.volatile ?? false;
    this.call = spec.call;
  }
}

/** The functions of a template by name. */
export type FunctionMap = ReadonlyMap<string, Func>;

/** A function with these parameters. */
export function func(params: readonly Type[], call: Func["call"]): Func {
  return new Func({ params, call });
}

/** The same, for what gives something else each time: the time, names, files. */
export function volatile(params: readonly Type[], call: Func["call"]): Func {
  return new Func({ params, volatile: true, call });
}

/** A function whose last parameter may come any number of times, or not at all. */
export function variadic(params: readonly Type[], call: Func["call"]): Func {
  return new Func({ params, variadic: true, call });
}

function mismatch(expected: string): never {
  throw new TypeError(`a checked argument is no ${expected}`);
}

/** The argument of a string parameter. */
export function asText(value: Value): string {
  return typeof value === "string" ? value : mismatch("string");
}

/** The argument of an int parameter. */
export function asInt(value: Value): bigint {
  return typeof value === "bigint" ? value : mismatch("int");
}

/** The argument of a list parameter; a nil list is an empty one. */
export function asSlice(value: Value): Slice {
  return value instanceof Slice ? value : mismatch("list");
}
