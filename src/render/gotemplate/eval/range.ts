import type { BranchNode } from "../syntax/node.ts";
import { GoMap, Slice, type Value } from "../value.ts";
import { type CompileEnv, compileList, type Signal, type Statement } from "./compile.ts";
import { compilePipe } from "./pipe.ts";
import type { State } from "./state.ts";
import { compileTurn } from "./turns.ts";

type Turn = (index: Value, element: Value) => Signal;

/** Makes a `range` ready to run. */
export function compileRange(env: CompileEnv, node: BranchNode): Statement {
  const evaluate = compilePipe(env, node.pipe);
  const body = compileTurn(env, node, compileList(env, node.list));
  const otherwise = node.otherwise === null ? null : compileList(env, node.otherwise);
  const setVariables = variableSetter(node);
  return (state, dot) => {
    state.at(node);
    const outside = state.mark;
    const value = evaluate(state, dot);
    const { mark } = state;
    const walked = walk(state, value, (index, element) => {
      state.at(node);
      setVariables(state, index, element);
      const signal = body(state, element);
      state.pop(mark);
      return signal;
    });
    const signal = walked || otherwise === null ? "next" : otherwise(state, dot);
    state.pop(outside);
    return signal;
  };
}

// True when there was anything to walk over.
function walk(state: State, value: Value, turn: Turn): boolean {
  if (value instanceof Slice) {
    for (let i = 0; i < value.length; i++) if (turn(BigInt(i), value.at(i)) === "break") break;
    return value.length > 0;
  }
  if (value instanceof GoMap) {
    for (const key of value.sortedKeys()) if (turn(key, value.entries.get(key)) === "break") break;
    return value.entries.size > 0;
  }
  return value === undefined ? false : state.fail(`range can't iterate over ${state.show(value)}`);
}

function variableSetter({ pipe }: BranchNode): (state: State, index: Value, element: Value) => void {
  const [first, second] = pipe.variables;
  if (first === undefined) return () => {};
  if (!pipe.assigns) {
    return (state, index, element) => {
      state.setTop(1, element);
      if (second !== undefined) state.setTop(2, index);
    };
  }
  return (state, index, element) => {
    state.set(first, second === undefined ? element : index);
    if (second !== undefined) state.set(second, element);
  };
}
