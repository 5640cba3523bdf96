import { BUILTINS } from "./builtin/builtins.ts";
import { toBytes } from "./bytes.ts";
import { TemplateError } from "./error.ts";
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
  /** The output for this data, as bytes. Throws a TemplateError. */
  execute(data: Value, limits?: Partial<Limits>): Buffer;
}

/** What a template may use. */
export interface ParseOptions {
  /** On top of Go's built-in functions. */
  readonly functions?: FunctionMap;
  /** Why functions are not there which an author may expect: shown behind "not defined". */
  readonly hints?: ReadonlyMap<string, string>;
}

/** Reads a template. Throws a TemplateError. */
export function parse(
  name: string,
  text: string,
  { functions = new Map(), hints = new Map() }: ParseOptions = {},
): Template {
  const origin = { name: toBytes(name), text: toBytes(text) };
  const all = new Map<string, Func>([...BUILTINS, ...functions]);
  const env = { name: origin.name, hasFunction: (wanted: string) => all.has(wanted), hints };
  const trees = parseTemplates(env, origin.text);
  const templates = new Map<string, Statement>();
  const root: ListNode = trees.get(origin.name) ?? { kind: "list", at: 0, nodes: [] };
  const started = (limits: Partial<Limits>): State => new State(origin, { ...DEFAULT_LIMITS, ...limits }, root);
  guarded(started({}), () => {
    for (const [defined, tree] of trees) templates.set(defined, compileList({ functions: all, templates }, tree));
  });
  return {
    name,
    execute: (data, limits = {}) => {
      const state = started(limits);
      state.push("$", data);
      guarded(state, () => templates.get(origin.name)?.(state, data));
      return state.out.finish();
    },
  };
}

// JavaScript's own limits (depth of calls, length of text) are reported where they were met, like ours.
function guarded(state: State, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof TemplateError) throw error;
    state.fail(error instanceof RangeError ? "nested too deeply" : "internal error", { cause: error });
  }
}
