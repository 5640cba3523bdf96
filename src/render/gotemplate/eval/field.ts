import type { ChainNode, FieldNode, VariableNode } from "../syntax/node.ts";
import { sourceOf } from "../syntax/source.ts";
import { GoMap, Struct, typeOf, type Value } from "../value.ts";
import { compileValue } from "./argument.ts";
import { type Call, type Command, callMethod } from "./call.ts";
import type { CompileEnv } from "./compile.ts";
import type { State } from "./state.ts";

/** Makes `.a.b` ready. */
export function compileField(node: FieldNode, call: Call): Command {
  return (state, dot, final) => {
    state.at(node);
    return chain(state, dot, dot, node.names, call, final);
  };
}

/** Makes `$x` or `$x.a.b` ready. */
export function compileVariable(node: VariableNode, call: Call): Command {
  const { name, fields } = node;
  const takesArguments = call.args.length > 0 || call.piped;
  return (state, dot, final) => {
    state.at(node);
    const value = state.get(name);
    if (fields.length > 0) return chain(state, dot, value, fields, call, final);
    return takesArguments ? state.fail(`can't give argument to non-function ${sourceOf(node)}`) : value;
  };
}

/** Makes `(pipeline).a.b` or `function.a.b` ready. */
export function compileChain(env: CompileEnv, node: ChainNode, call: Call): Command {
  const evaluate = compileValue(env, node.base);
  return (state, dot, final) => {
    state.at(node);
    if (node.base.kind === "nil") state.fail(`indirection through explicit nil in ${sourceOf(node)}`);
    const value = evaluate(state, dot);
    return chain(state, dot, value, node.fields, call, final);
  };
}

// Only the last of the names gets the arguments.
function chain(state: State, dot: Value, start: Value, names: readonly string[], call: Call, final: Value): Value {
  const last = names.length - 1;
  let receiver = start;
  let boxed = false;
  for (let i = 0; i <= last; i++) {
    const name = names[i] ?? "";
    const value = field(state, dot, receiver, name, i === last ? call : bareCall(call), final);
    if (value === NO_FIELD) return noField(state, receiver, name, boxed);
    boxed = receiver instanceof GoMap && receiver.type.element?.kind === "interface";
    receiver = value;
  }
  return receiver;
}

function bareCall({ whole }: Call): Call {
  return { whole, args: [], piped: false };
}

const NO_FIELD = Symbol("no such field");

function field(
  state: State,
  dot: Value,
  receiver: Value,
  name: string,
  call: Call,
  final: Value,
): Value | typeof NO_FIELD {
  if (receiver === undefined) return undefined;
  if (receiver === null) return state.fail(`nil pointer evaluating interface {}.${name}`);
  const method = typeOf(receiver)?.methods.get(name);
  if (method !== undefined) return callMethod(state, dot, name, method(receiver), call, final);
  const hasArguments = call.args.length > 0 || call.piped;
  if (receiver instanceof Struct) {
    const index = receiver.type.fields.findIndex((each) => each.name === name);
    if (index >= 0 && hasArguments) state.fail(`${name} has arguments but cannot be invoked as function`);
    return index >= 0 ? receiver.fields[index] : NO_FIELD;
  }
  if (!(receiver instanceof GoMap)) return NO_FIELD;
  if (hasArguments) state.fail(`${name} is not a method but has arguments`);
  return receiver.entries.get(name);
}

// What came out of a map is shown under the type that the map gives to all it holds.
function noField(state: State, receiver: Value, name: string, boxed: boolean): never {
  return state.fail(`can't evaluate field ${name} in type ${boxed ? "interface {}" : typeOf(receiver)?.name}`);
}
