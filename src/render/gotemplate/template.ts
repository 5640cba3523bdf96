import { BUILTINS } from "./builtin/builtins.ts";
import { toBytes } from "./bytes.ts";
import { TemplateError } from "./error.ts";
import { compileList, type Statement } from "./eval/compile.ts";
import { State } from "./eval/state.ts";
import type { Turns } from "./eval/turns.ts";
import type { Func, FunctionMap } from "./func.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits.ts";
import type { Reads } from "./reads.ts";
import type { ListNode } from "./syntax/node.ts";
import { parseTemplates } from "./syntax/parser.ts";
import type { Value } from "./value.ts";

/** A template ready to be executed, any number of times. */
export interface Template {
  readonly name: string;
  /**
   * The output for this data, as bytes. Throws a TemplateError. With `reads` what loops write is kept, and written again
   * while nothing that they read has changed.
   */
  execute(data: Value, limits?: Partial<Limits>, reads?: Reads): Buffer;
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
  const turns: Turns[] = [];
  const started = (limits: Partial<Limits>, reads: Reads | null): State =>
    new State(origin, { ...DEFAULT_LIMITS, ...limits }, root, reads);
  guarded(started({}, null), () => {
    const compileEnv = { functions: all, templates, trees, turns };
    for (const [defined, tree] of trees) templates.set(defined, compileList(compileEnv, tree));
  });
  return {
    name,
    execute: (data, limits = {}, reads = undefined) => {
      const state = started(limits, reads ?? null);
      state.push("$", data);
      let wentWell = false;
      try {
        guarded(state, () => templates.get(origin.name)?.(state, data));
        wentWell = true;
        return state.out.finish();
      } finally {
        for (const each of turns) each.settle(wentWell && reads !== undefined);
        if (wentWell) reads?.settle();
      }
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
