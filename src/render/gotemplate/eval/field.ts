import type { ChainNode, FieldNode, Node, VariableNode } from "../syntax/node.ts";
import { sourceOf } from "../syntax/source.ts";
import { GoMap, Struct, typeOf, type Value } from "../value.ts";
import { compileValue } from "./argument.ts";
import { type Call, type Command, callMethod, NO_ARGUMENTS } from "./call.ts";
import type { CompileEnv } from "./compile.ts";
import type { State } from "./state.ts";

interface Access {
  readonly state: State;
  readonly dot: Value;
  readonly node: Node;
}

/** Makes `.a.b` ready. */
export function compileField(node: FieldNode, call: Call): Command {
  return (state, dot, final) => {
    state.at(node);
    return chain({ state, dot, node }, dot, node.names, call, final);
  };
}

/** Makes `$x` or `$x.a.b` ready. */
export function compileVariable(node: VariableNode, call: Call): Command {
  const { name, fields } = node;
  const takesArguments = call.args.length > 0 || call.piped;
  return (state, dot, final) => {
    state.at(node);
    const value = state.get(name);
    if (fields.length > 0) return chain({ state, dot, node }, value, fields, call, final);
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
    return chain({ state, dot, node }, value, node.fields, call, final);
  };
}

// Only the last of the names gets the arguments.
function chain(access: Access, start: Value, names: readonly string[], call: Call, final: Value): Value {
  const last = names.length - 1;
  let receiver = start;
  let boxed = false;
  for (const [i, name] of names.entries()) {
    const next = field(access, receiver, name, i === last ? call : NO_ARGUMENTS, final, boxed);
    boxed = receiver instanceof GoMap && receiver.type.element?.kind === "interface";
    receiver = next;
  }
  return receiver;
}

function field(access: Access, receiver: Value, name: string, call: Call, final: Value, boxed: boolean): Value {
  if (receiver === undefined) return undefined;
  const { state, dot, node } = access;
  if (receiver === null) return state.fail(`nil pointer evaluating interface {}.${name}`);
  const type = typeOf(receiver);
  const method = type?.methods.get(name);
  if (method !== undefined) return callMethod({ state, dot, name, call, whole: node }, method(receiver), final);
  const hasArguments = call.args.length > 0 || call.piped;
  if (receiver instanceof Struct) {
    const index = receiver.type.fields.findIndex((each) => each.name === name);
    if (index >= 0 && hasArguments) state.fail(`${name} has arguments but cannot be invoked as function`);
    if (index >= 0) return receiver.fields[index];
  } else if (receiver instanceof GoMap) {
    if (hasArguments) state.fail(`${name} is not a method but has arguments`);
    return receiver.entries.get(name);
  }
  return state.fail(`can't evaluate field ${name} in type ${boxed ? "interface {}" : type?.name}`);
}
