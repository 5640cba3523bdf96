import type { ListNode, StatementNode } from "./node.ts";

/** The templates defined so far. An empty one may be replaced, as it may by `{{block}}` and `{{define}}` in Go. */
export class Definitions {
  readonly trees = new Map<string, ListNode>();

  /** Adds a template; false when another one that is not empty has the name. */
  add(name: string, tree: ListNode): boolean {
    const before = this.trees.get(name);
    if (before === undefined || before.nodes.every(isBlank)) {
      this.trees.set(name, tree);
      return true;
    }
    return tree.nodes.every(isBlank);
  }
}

// What unicode.IsSpace counts as space, in UTF-8.
const SPACE =
  /^(?:[\t\n\v\f\r ]|\u00c2[\u0085\u00a0]|\u00e1\u009a\u0080|\u00e2\u0080[\u0080-\u008a\u00a8\u00a9\u00af]|\u00e2\u0081\u009f|\u00e3\u0080\u0080)*$/;

function isBlank(node: StatementNode): boolean {
  return node.kind === "text" && SPACE.test(node.text);
}
