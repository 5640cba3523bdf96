// What a loop's body depends on, found out before it runs.
import type { FunctionMap } from "../func.ts";
import type { BranchNode, ListNode, Node, PipeNode, StatementNode, TemplateNode } from "../syntax/node.ts";

/** What there is to look through. */
export interface Known {
  readonly functions: FunctionMap;
  readonly trees: ReadonlyMap<string, ListNode>;
}

/**
 * The variables that decide, beside the dot and what functions read, what a turn of this loop writes. null: something
 * else does, or it is too small or too large a piece to be kept: only loops around simple loops are.
 */
export function inputsOf(known: Known, loop: BranchNode): readonly string[] | null {
  const survey = new Survey(known);
  const height = survey.list(loop.list, new Set());
  return survey.steady && height === 1 ? [...survey.names] : null;
}

class Survey {
  readonly names = new Set<string>();
  /** Nothing is read but variables and what functions note down, and no variable outside is set. */
  steady = true;
  readonly #known: Known;
  readonly #inside = new Set<string>();

  constructor(known: Known) {
    this.#known = known;
  }

  /** How many loops stand within each other. */
  list({ nodes }: ListNode, own: Set<string>): number {
    return Math.max(0, ...nodes.map((node) => this.#statement(node, own)));
  }

  #statement(node: StatementNode, own: Set<string>): number {
    switch (node.kind) {
      case "action":
        this.#pipe(node.pipe, own);
        return 0;
      case "if":
      case "with":
      case "range":
        return this.#branch(node, new Set(own));
      case "template":
        return this.#template(node, own);
      default:
        return 0;
    }
  }

  #branch({ kind, pipe, list, otherwise }: BranchNode, own: Set<string>): number {
    this.#pipe(pipe, own);
    const height = this.list(list, new Set(own));
    const other = otherwise === null ? 0 : this.list(otherwise, new Set(own));
    return Math.max(kind === "range" ? height + 1 : height, other);
  }

  #template({ name, pipe }: TemplateNode, own: Set<string>): number {
    if (pipe !== null) this.#pipe(pipe, own);
    const tree = this.#known.trees.get(name);
    if (tree === undefined || this.#inside.has(name)) {
      this.steady = false;
      return 0;
    }
    this.#inside.add(name);
    const height = this.list(tree, new Set(["$"]));
    this.#inside.delete(name);
    return height;
  }

  #pipe({ commands, variables, assigns }: PipeNode, own: Set<string>): void {
    for (const { args } of commands) for (const arg of args) this.#operand(arg, own);
    for (const name of variables) {
      if (!assigns) own.add(name);
      else if (!own.has(name)) this.steady = false;
    }
  }

  #operand(node: Node, own: Set<string>): void {
    if (node.kind === "pipe") this.#pipe(node, own);
    else if (node.kind === "chain") this.#operand(node.base, own);
    else if (node.kind === "variable" && !own.has(node.name)) this.names.add(node.name);
    else if (node.kind === "identifier" && this.#known.functions.get(node.name)?.volatile !== false)
      this.steady = false;
  }
}
