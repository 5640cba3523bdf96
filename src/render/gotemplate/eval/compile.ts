import { quote } from "../format/quote.ts";
import type { FunctionMap } from "../func.ts";
import type { BranchNode, ListNode, StatementNode, TemplateNode } from "../syntax/node.ts";
import { isTrue, type Value } from "../value.ts";
import { compilePipe } from "./pipe.ts";
import { compileRange } from "./range.ts";
import type { State } from "./state.ts";
import type { Turns } from "./turns.ts";

/** How a statement ended: go on, leave the loop, or take its next turn. */
export type Signal = "next" | "break" | "continue";

/** A statement ready to run. */
export type Statement = (state: State, dot: Value) => Signal;

/** What compiling needs: the functions, and all templates as they become ready. */
export interface CompileEnv {
  readonly functions: FunctionMap;
  readonly templates: ReadonlyMap<string, Statement>;
  readonly trees: ReadonlyMap<string, ListNode>;
  /** What loops keep from one execution to the next. */
  readonly turns: Turns[];
}

/** Makes a list of statements ready to run. */
export function compileList(env: CompileEnv, { nodes }: ListNode): Statement {
  const statements = nodes.map((node) => compileStatement(env, node));
  return (state, dot) => {
    for (const run of statements) {
      const signal = run(state, dot);
      if (signal !== "next") return signal;
    }
    return "next";
  };
}

function compileStatement(env: CompileEnv, node: StatementNode): Statement {
  switch (node.kind) {
    case "text":
      return (state) => {
        state.at(node);
        state.write(node.text);
        return "next";
      };
    case "action":
      return compileAction(env, node);
    case "if":
    case "with":
      return compileBranch(env, node);
    case "range":
      return compileRange(env, node);
    case "template":
      return compileCall(env, node);
    default:
      return () => node.kind;
  }
}

function compileAction(env: CompileEnv, node: StatementNode & { kind: "action" }): Statement {
  const evaluate = compilePipe(env, node.pipe);
  const silent = node.pipe.variables.length > 0;
  return (state, dot) => {
    state.at(node);
    const value = evaluate(state, dot);
    if (!silent) state.print(node, value);
    return "next";
  };
}

function compileBranch(env: CompileEnv, node: BranchNode): Statement {
  const evaluate = compilePipe(env, node.pipe);
  const body = compileList(env, node.list);
  const otherwise = node.otherwise === null ? null : compileList(env, node.otherwise);
  const setsDot = node.kind === "with";
  return (state, dot) => {
    state.at(node);
    const { mark } = state;
    const value = evaluate(state, dot);
    let signal: Signal = "next";
    if (isTrue(value)) signal = body(state, setsDot ? value : dot);
    else if (otherwise !== null) signal = otherwise(state, dot);
    state.pop(mark);
    return signal;
  };
}

function compileCall(env: CompileEnv, node: TemplateNode): Statement {
  const evaluate = node.pipe === null ? () => undefined : compilePipe(env, node.pipe);
  return (state, dot) => {
    state.at(node);
    const body = env.templates.get(node.name);
    if (body === undefined) return state.fail(`template ${quote(node.name)} not defined`);
    const { maxDepth } = state.limits;
    if (state.depth >= maxDepth) return state.fail(`exceeded maximum template depth (${maxDepth})`);
    const data = evaluate(state, dot);
    return state.call(node.name, data, () => body(state, data));
  };
}
