import { quote } from "../format/quote.ts";
import type { BranchNode, CommandNode, ListNode, Node, OperandNode, PipeNode } from "./node.ts";

/** A node written as template text again, the way error messages show it. */
export function sourceOf(node: Node): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "action":
      return `{{${sourceOf(node.pipe)}}}`;
    case "if":
    case "range":
    case "with":
      return branch(node);
    case "break":
    case "continue":
    case "end":
    case "else":
      return `{{${node.kind}}}`;
    case "template":
      return `{{template ${quote(node.name)}${node.pipe === null ? "" : ` ${sourceOf(node.pipe)}`}}}`;
    case "list":
      return list(node);
    case "command":
      return command(node);
    default:
      return operand(node);
  }
}

function list(node: ListNode): string {
  return node.nodes.map(sourceOf).join("");
}

function branch(node: BranchNode): string {
  const otherwise = node.otherwise === null ? "" : `{{else}}${list(node.otherwise)}`;
  return `{{${node.kind} ${sourceOf(node.pipe)}}}${list(node.list)}${otherwise}{{end}}`;
}

function command(node: CommandNode): string {
  return node.args.map((arg) => (arg.kind === "pipe" ? `(${pipe(arg)})` : operand(arg))).join(" ");
}

function pipe(node: PipeNode): string {
  const commands = node.commands.map(command).join(" | ");
  return node.variables.length === 0
    ? commands
    : `${node.variables.join(", ")} ${node.assigns ? "=" : ":="} ${commands}`;
}

function operand(node: OperandNode): string {
  switch (node.kind) {
    case "pipe":
      return pipe(node);
    case "field":
      return node.names.map((name) => `.${name}`).join("");
    case "variable":
      return [node.name, ...node.fields].join(".");
    case "identifier":
      return node.name;
    case "chain":
      return [node.base.kind === "pipe" ? `(${pipe(node.base)})` : operand(node.base), ...node.fields].join(".");
    case "number":
      return node.text;
    case "string":
      return node.quoted;
    case "boolean":
      return String(node.value);
    case "dot":
      return ".";
    case "nil":
      return "nil";
  }
}
