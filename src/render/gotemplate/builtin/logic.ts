import { func, variadic } from "../func.ts";
import { REFLECT } from "../type.ts";
import { isTrue } from "../value.ts";

function neverCalled(): never {
  throw new Error("and/or are decided where their operands are evaluated");
}

/** `and`: the first false operand, or the last. */
export const AND = variadic([REFLECT, REFLECT], neverCalled);

/** `or`: the first true operand, or the last. */
export const OR = variadic([REFLECT, REFLECT], neverCalled);

/** `not`: the opposite truth. */
export const NOT = func([REFLECT], ([value]) => !isTrue(value));
