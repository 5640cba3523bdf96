import { BUILTINS } from "./builtin/builtins.ts";
import { toBytes } from "./bytes.ts";
import { Suspension, TemplateError } from "./error.ts";
import { compileList, type Statement } from "./eval/compile.ts";
import { State } from "./eval/state.ts";
import type { Func, FunctionMap } from "./func.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { ListNode } from "./syntax/node.ts";
import { parseTemplates } from "./syntax/parser.ts";
import type { Value } from "./value.ts";

/** A template ready to be executed, any number of times. */
export interface Template {
  readonly name: string;
  /** The output for this data, as bytes. Throws a TemplateError, or the Suspension that a function threw. */
  execute(data: Value, limits?: Partial<Limits>): Buffer;
}

/** Reads a template. `functions` come on top of Go's built-in ones. Throws a TemplateError. */
export function parse(name: string, text: string, functions: FunctionMap = new Map()): Template {
  const origin = { name: toBytes(name), text: toBytes(text) };
  const all = new Map<string, Func>([...BUILTINS, ...functions]);
  const trees = parseTemplates({ name: origin.name, hasFunction: (wanted) => all.has(wanted) }, origin.text);
  const templates = new Map<string, Statement>();
  const root = trees.get(origin.name) ?? { kind: "list", at: 0, nodes: [] };
  guarded(origin, root, () => {
    for (const [defined, tree] of trees) templates.set(defined, compileList({ functions: all, templates }, tree));
  });
  const run = templates.get(origin.name);
  return {
    name,
    execute: (data, limits = {}) => {
      const state = new State(origin, { ...DEFAULT_LIMITS, ...limits }, root);
      state.push("$", data);
      guarded(origin, root, () => run?.(state, data));
      return Buffer.from(state.out, "latin1");
    },
  };
}

// JavaScript's own limits (depth of calls, length of text) are reported like ours.
function guarded(origin: { name: string; text: string }, root: ListNode, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof TemplateError || error instanceof Suspension) throw error;
    const what = error instanceof RangeError ? "nested too deeply or text too long" : "internal error";
    const place = { name: origin.name, line: 1, column: root.at };
    throw new TemplateError(place, `template: ${origin.name}: ${what}`, { cause: error });
  }
}
