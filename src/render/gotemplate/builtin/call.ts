import { GoError } from "../error.ts";
import { Func, variadic } from "../func.ts";
import { ANY, assignable, bitsOf, isSigned, isUnsigned, REFLECT, type Type } from "../type.ts";
import { bare, scalar, typeOf, type Value, zeroOf } from "../value.ts";

function prepared(value: Value, type: Type): Value {
  if (value === undefined || value === null) {
    if (["slice", "map", "func", "interface", "reflect"].includes(type.kind)) return zeroOf(type);
    throw new GoError(`value is nil; should be of type ${type.name}`);
  }
  const given = typeOf(value);
  if (given !== null && assignable(given, type)) return value;
  const number = bare(value);
  if (typeof number === "bigint" && isSigned(type.kind)) return scalar(type, BigInt.asIntN(bitsOf(type.kind), number));
  if (typeof number === "bigint" && isUnsigned(type.kind))
    return scalar(type, BigInt.asUintN(bitsOf(type.kind), number));
  throw new GoError(`value has type ${given?.name}; should be ${type.name}`);
}

function checkCount({ params, variadic: open }: Func, given: number): void {
  const least = params.length - 1;
  if (open && given < least) throw new GoError(`wrong number of args: got ${given} want at least ${least}`);
  if (!open && given !== params.length) throw new GoError(`wrong number of args: got ${given} want ${params.length}`);
}

/** `call`: calls a function that the data holds. */
export const CALL = variadic([REFLECT, REFLECT], ([called, ...args], limits) => {
  if (called === undefined || called === null) throw new GoError("call of nil");
  if (!(called instanceof Func)) throw new GoError(`non-function of type ${typeOf(called)?.name}`);
  checkCount(called, args.length);
  const values = args.map((arg, i) => argument(called, arg, i));
  return called.call(values, limits);
});

function argument({ params }: Func, value: Value, index: number): Value {
  try {
    return prepared(value, params[Math.min(index, params.length - 1)] ?? ANY);
  } catch (error) {
    throw error instanceof GoError ? new GoError(`arg ${index}: ${error.text}`) : error;
  }
}
