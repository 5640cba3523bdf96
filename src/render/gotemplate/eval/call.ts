import { AND, OR } from "../builtin/logic.ts";
import { toBytes } from "../bytes.ts";
import { GoError, TemplateError } from "../error.ts";
import { quote } from "../format/quote.ts";
import type { Func } from "../func.ts";
import type { IdentifierNode, Node } from "../syntax/node.ts";
import { ANY, REFLECT, type Type } from "../type.ts";
import { isTrue, type Value } from "../value.ts";
import { type Argument, validate } from "./argument.ts";
import type { CompileEnv } from "./compile.ts";
import type { State } from "./state.ts";

/** A command ready to run; `final` is the value piped into it, if the call says so. */
export type Command = (state: State, dot: Value, final: Value) => Value;

/** One place where something is called, and with what. */
export interface Call {
  /** What errors inside the called function are reported at. */
  readonly whole: Node;
  readonly args: readonly Argument[];
  /** True when the value of the command before comes as one more argument. */
  readonly piped: boolean;
}

/** Makes the call of a function ready. */
export function compileFunction(env: CompileEnv, node: IdentifierNode, call: Call): Command {
  const { name } = node;
  const found = env.functions.get(name);
  if (found === undefined) {
    return (state) => {
      state.at(node);
      return state.fail(`${quote(name)} is not a defined function`);
    };
  }
  const isLogic = found === AND || found === OR;
  const wrong = misuse(found, name, call);
  return (state, dot, final) => {
    state.at(node);
    if (wrong !== null) state.fail(wrong);
    if (isLogic) return decide(state, dot, call, final, found === OR);
    return invoke(state, dot, name, found, call, final);
  };
}

function misuse({ params, variadic, results }: Func, name: string, { args, piped }: Call): string | null {
  const given = args.length + (piped ? 1 : 0);
  const least = params.length - 1;
  if (variadic && given < least) return `wrong number of args for ${name}: want at least ${least} got ${args.length}`;
  if (!variadic && given !== params.length)
    return `wrong number of args for ${name}: want ${params.length} got ${given}`;
  return results === 1 ? null : `can't call method/function ${quote(name)} with ${results} results`;
}

// "and" and "or" give the operand that decides, and leave the rest alone.
function decide(state: State, dot: Value, { args, piped }: Call, final: Value, decisive: boolean): Value {
  let value: Value;
  for (const arg of args) {
    value = arg(state, dot, REFLECT);
    if (isTrue(value) === decisive) return value;
  }
  return piped ? final : value;
}

function invoke(state: State, dot: Value, name: string, called: Func, call: Call, final: Value): Value {
  const values: Value[] = [];
  for (const arg of call.args) values.push(arg(state, dot, paramAt(called, values.length)));
  if (call.piped) values.push(validate(state, final, paramAt(called, values.length)));
  try {
    const result = called.call(values, state.limits);
    if (typeof result !== "string" || result.length <= state.limits.maxBytes) return result;
  } catch (error) {
    state.node = call.whole;
    return failedCall(state, name, error);
  }
  state.node = call.whole;
  return state.fail(`error calling ${name}: text is longer than ${state.limits.maxBytes} bytes`);
}

function failedCall(state: State, name: string, error: unknown): never {
  if (error instanceof TemplateError) throw error;
  const message =
    error instanceof GoError ? error.text : toBytes(error instanceof Error ? error.message : String(error));
  return state.fail(`error calling ${name}: ${message}`, { cause: error });
}

function paramAt({ params }: Func, index: number): Type {
  return params[Math.min(index, params.length - 1)] ?? ANY;
}

/** Calls a method, which is known only when its receiver is. */
export function callMethod(state: State, dot: Value, name: string, method: Func, call: Call, final: Value): Value {
  const wrong = misuse(method, name, call);
  if (wrong !== null) state.fail(wrong);
  return invoke(state, dot, name, method, call, final);
}
