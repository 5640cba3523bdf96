import type { Constant } from "./number.ts";

/** A place in the template's text, in bytes. */
interface At {
  readonly at: number;
}

/** What comes out as it is. */
export interface TextNode extends At {
  readonly kind: "text";
  readonly text: string;
}

/** A pipeline whose value is shown, or goes to a variable. */
export interface ActionNode extends At {
  readonly kind: "action";
  readonly pipe: PipeNode;
}

/** `if`, `range` or `with`. */
export interface BranchNode extends At {
  readonly kind: "if" | "range" | "with";
  readonly pipe: PipeNode;
  readonly list: ListNode;
  readonly otherwise: ListNode | null;
}

/** Leaves a loop or takes its next turn. */
export interface JumpNode extends At {
  readonly kind: "break" | "continue";
}

/** Calls another template. */
export interface TemplateNode extends At {
  readonly kind: "template";
  readonly name: string;
  readonly pipe: PipeNode | null;
}

interface EndMark extends At {
  readonly kind: "end";
}

interface ElseMark extends At {
  readonly kind: "else";
}

/** What ends a list; never part of a finished tree. */
export type EndNode = EndMark | ElseMark;

/** Statements one after the other. */
export interface ListNode extends At {
  readonly kind: "list";
  readonly nodes: readonly StatementNode[];
}

/** What stands between the braces, or plain text. */
export type StatementNode = TextNode | ActionNode | BranchNode | JumpNode | TemplateNode;

/** Commands, each given the value of the one before it. */
export interface PipeNode extends At {
  readonly kind: "pipe";
  /** Variables the value goes to; `assigns` when they exist already. */
  readonly variables: readonly string[];
  readonly assigns: boolean;
  readonly commands: readonly CommandNode[];
}

/** A function, method or value with its arguments. */
export interface CommandNode extends At {
  readonly kind: "command";
  readonly args: readonly OperandNode[];
}

/** `.a.b`: fields of the dot. */
export interface FieldNode extends At {
  readonly kind: "field";
  readonly names: readonly string[];
}

/** `$x.a.b`: a variable, or fields of it. */
export interface VariableNode extends At {
  readonly kind: "variable";
  readonly name: string;
  readonly fields: readonly string[];
}

/** A function's name. */
export interface IdentifierNode extends At {
  readonly kind: "identifier";
  readonly name: string;
}

/** Fields of what a pipeline or function gives. */
export interface ChainNode extends At {
  readonly kind: "chain";
  readonly base: OperandNode;
  readonly fields: readonly string[];
}

/** A number or character constant. */
export interface NumberNode extends At {
  readonly kind: "number";
  readonly text: string;
  readonly constant: Constant;
}

/** A string constant. */
export interface StringNode extends At {
  readonly kind: "string";
  readonly quoted: string;
  readonly text: string;
}

/** `true` or `false`. */
export interface BooleanNode extends At {
  readonly kind: "boolean";
  readonly value: boolean;
}

/** The dot or `nil`. */
export interface PlainNode extends At {
  readonly kind: "dot" | "nil";
}

/** What a command is made of. */
export type OperandNode =
  | PipeNode
  | FieldNode
  | VariableNode
  | IdentifierNode
  | ChainNode
  | NumberNode
  | StringNode
  | BooleanNode
  | PlainNode;

/** Any part of a parsed template. */
export type Node = StatementNode | EndNode | ListNode | CommandNode | OperandNode;
