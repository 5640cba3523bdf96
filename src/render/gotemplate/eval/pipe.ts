import { quote } from "../format/quote.ts";
import type { CommandNode, Node, OperandNode, PipeNode } from "../syntax/node.ts";
import { sourceOf } from "../syntax/source.ts";
import type { Value } from "../value.ts";
import { compileArgument } from "./argument.ts";
import { type Call, type Command, compileFunction } from "./call.ts";
import type { CompileEnv } from "./compile.ts";
import { idealConstant } from "./constant.ts";
import { compileChain, compileField, compileVariable } from "./field.ts";
import type { State } from "./state.ts";

/** A pipeline ready to be evaluated. */
export type Evaluate = (state: State, dot: Value) => Value;

/** Makes a pipeline ready: each command gets the value of the one before it, and variables the last one. */
export function compilePipe(env: CompileEnv, pipe: PipeNode): Evaluate {
  const commands = pipe.commands.map((command, i) => compileCommand(env, command, i > 0));
  const { variables, assigns } = pipe;
  return (state, dot) => {
    state.node = pipe;
    let value: Value;
    // A nil that came out of a list or map is nothing from here on.
    for (const command of commands) value = command(state, dot, value) ?? undefined;
    for (const name of variables) {
      if (assigns) state.set(name, value);
      else state.push(name, value);
    }
    return value;
  };
}

function compileCommand(env: CompileEnv, command: CommandNode, piped: boolean): Command {
  const [first, ...rest] = command.args;
  if (first === undefined) return () => undefined;
  const call: Call = { whole: wholeOf(first, command), args: rest.map((arg) => compileArgument(env, arg)), piped };
  switch (first.kind) {
    case "field":
      return compileField(first, call);
    case "chain":
      return compileChain(env, first, call);
    case "identifier":
      return compileFunction(env, first, call);
    case "variable":
      return compileVariable(first, call);
    default:
      return call.args.length > 0 || piped ? notAFunction(first) : compileOperand(env, first);
  }
}

// A failing function is reported with its arguments, a failing method without.
function wholeOf(first: OperandNode, command: CommandNode): Node {
  return first.kind === "identifier" ? command : first;
}

function notAFunction(first: OperandNode): Command {
  return (state) => {
    if (first.kind !== "pipe") state.at(first);
    return state.fail(`can't give argument to non-function ${sourceOf(first)}`);
  };
}

function compileOperand(env: CompileEnv, node: OperandNode): Command {
  switch (node.kind) {
    case "pipe":
      return compilePipe(env, node);
    case "dot":
      return (state, dot) => {
        state.at(node);
        return dot;
      };
    case "boolean":
      return constant(node, node.value);
    case "string":
      return constant(node, node.text);
    case "number":
      return (state) => idealConstant(state, node);
    case "nil":
      return (state) => {
        state.at(node);
        return state.fail("nil is not a command");
      };
    default:
      return (state) => state.fail(`can't evaluate command ${quote(sourceOf(node))}`);
  }
}

function constant(node: OperandNode, value: Value): Command {
  return (state) => {
    state.node = node;
    return value;
  };
}
