import type { OperandNode } from "../syntax/node.ts";
import { sourceOf } from "../syntax/source.ts";
import { assignable, STRING, type Type } from "../type.ts";
import { Slice, typeOf, type Value, zeroOf } from "../value.ts";
import { type Call, compileFunction } from "./call.ts";
import type { CompileEnv } from "./compile.ts";
import { typedConstant } from "./constant.ts";
import { compileChain, compileField, compileVariable } from "./field.ts";
import { compilePipe, type Evaluate } from "./pipe.ts";
import type { State } from "./state.ts";

/** An argument ready to be evaluated for a parameter of some type. */
export type Argument = (state: State, dot: Value, type: Type) => Value;

/** Makes an argument ready. */
export function compileArgument(env: CompileEnv, node: OperandNode): Argument {
  switch (node.kind) {
    case "number":
    case "string":
    case "boolean":
      return (state, _dot, type) => typedConstant(state, node, type);
    case "nil":
      return (state, _dot, type) => {
        state.node = node;
        return canBeNil(type) ? zeroOf(type) : state.fail(`cannot assign nil to ${type.name}`);
      };
    case "dot":
      return (state, dot, type) => {
        state.node = node;
        return validate(state, dot, type);
      };
    default: {
      const evaluate = compileValue(env, node);
      return (state, dot, type) => validate(state, evaluate(state, dot), type);
    }
  }
}

/** Makes an operand ready that is not a constant. */
export function compileValue(env: CompileEnv, node: OperandNode): Evaluate {
  const alone: Call = { whole: node, args: [], piped: false };
  switch (node.kind) {
    case "pipe":
      return compilePipe(env, node);
    case "identifier":
      return withoutFinal(compileFunction(env, node, alone));
    case "field":
      return withoutFinal(compileField(node, alone));
    case "chain":
      return withoutFinal(compileChain(env, node, alone));
    case "variable":
      return withoutFinal(compileVariable(node, alone));
    default:
      return (state) => state.fail(`can't evaluate ${sourceOf(node)}`);
  }
}

function withoutFinal(command: (state: State, dot: Value, final: Value) => Value): Evaluate {
  return (state, dot) => command(state, dot, undefined);
}

function canBeNil(type: Type): boolean {
  return ["slice", "map", "func", "interface", "reflect"].includes(type.kind) || type.target !== null;
}

/** The value if a parameter of this type takes it; an error otherwise. */
export function validate(state: State, value: Value, type: Type): Value {
  if (typeof value === "string" && type === STRING) return value;
  if (type.kind === "reflect") return value;
  if (type.kind === "interface") return value ?? null;
  if (value === undefined) return canBeNil(type) ? zeroOf(type) : state.fail(`invalid value; expected ${type.name}`);
  const given = typeOf(value);
  if (given === null || !assignable(given, type)) {
    return state.fail(`wrong type for value; expected ${type.name}; got ${given?.name ?? "interface {}"}`);
  }
  return value instanceof Slice && given.name !== type.name ? value.as(type) : value;
}
