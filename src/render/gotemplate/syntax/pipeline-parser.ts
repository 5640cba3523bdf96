import { GoError } from "../error.ts";
import { quote } from "../format/quote.ts";
import type { ChainNode, CommandNode, FieldNode, OperandNode, PipeNode, VariableNode } from "./node.ts";
import { readConstant } from "./number.ts";
import { sourceOf } from "./source.ts";
import type { Token, TokenKind } from "./token.ts";
import { TokenStream } from "./token-stream.ts";
import { unquote } from "./unquote.ts";

const TERMS: ReadonlySet<TokenKind> = new Set<TokenKind>([
  "boolean",
  "char constant",
  "complex",
  "dot",
  "field",
  "identifier",
  "number",
  "nil",
  "raw string",
  "string",
  "variable",
  "left paren",
]);

const VALUES: ReadonlySet<OperandNode["kind"]> = new Set<OperandNode["kind"]>([
  "boolean",
  "dot",
  "nil",
  "number",
  "string",
]);

interface Declared {
  readonly variables: string[];
  assigns: boolean;
}

/** Parses what stands inside an action; knows which variables are visible. */
export class PipelineParser extends TokenStream {
  readonly #visible: string[] = ["$"];

  /** Opens a scope; the result closes it, and its variables are gone. */
  enter(): () => void {
    const before = this.#visible.length;
    return () => {
      this.#visible.length = before;
    };
  }

  pipeline(context: string, end: TokenKind): PipeNode {
    return this.nested(() => this.#pipeline(context, end));
  }

  #pipeline(context: string, end: TokenKind): PipeNode {
    const { at } = this.peekNonSpace();
    const declared: Declared = { variables: [], assigns: false };
    while (this.#declaration(context, declared));
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.nextNonSpace();
      if (token.kind === end) break;
      if (!TERMS.has(token.kind)) this.unexpected(token, context);
      this.backup(token);
      commands.push(this.#command());
    }
    this.#check(commands, context);
    return { kind: "pipe", at, ...declared, commands };
  }

  // True when another variable may follow.
  #declaration(context: string, declared: Declared): boolean {
    const variable = this.peekNonSpace();
    if (variable.kind !== "variable") return false;
    this.next();
    const after = this.peek();
    const next = this.peekNonSpace();
    const isComma = next.kind === "character" && next.text === ",";
    if (next.kind !== "assign" && next.kind !== "declare" && !isComma) {
      if (after.kind === "space") this.backup(after);
      this.backup(variable);
      return false;
    }
    this.nextNonSpace();
    declared.variables.push(variable.text);
    this.#visible.push(variable.text);
    if (isComma) return this.#secondVariable(context, declared);
    declared.assigns = next.kind === "assign";
    return false;
  }

  #secondVariable(context: string, { variables }: Declared): true {
    if (context !== "range" || variables.length >= 2) return this.fail(`too many declarations in ${context}`);
    const { kind } = this.peekNonSpace();
    const fits = kind === "variable" || kind === "right delimiter" || kind === "right paren";
    return fits || this.fail("range can only initialize variables");
  }

  #check(commands: readonly CommandNode[], context: string): void {
    if (commands.length === 0) this.fail(`missing value for ${context}`);
    const dead = commands.findIndex(({ args: [first] }, i) => i > 0 && first !== undefined && VALUES.has(first.kind));
    if (dead > 0) this.fail(`non executable command in pipeline stage ${dead + 1}`);
  }

  #command(): CommandNode {
    const { at } = this.peekNonSpace();
    const args: OperandNode[] = [];
    for (;;) {
      this.peekNonSpace();
      const operand = this.#operand();
      if (operand !== null) args.push(operand);
      const token = this.next();
      if (token.kind === "space") continue;
      if (token.kind === "right delimiter" || token.kind === "right paren") this.backup(token);
      else if (token.kind !== "pipe") this.unexpected(token, "operand");
      break;
    }
    if (args.length === 0) this.fail("empty command");
    return { kind: "command", at, args };
  }

  #operand(): OperandNode | null {
    const node = this.#term();
    if (node === null || this.peek().kind !== "field") return node;
    const { at } = this.peek();
    const fields: string[] = [];
    while (this.peek().kind === "field") fields.push(this.next().text.slice(1));
    if (VALUES.has(node.kind)) this.fail(`unexpected . after term ${quote(sourceOf(node))}`);
    if (node.kind === "field") return { ...node, at, names: [...node.names, ...fields] } satisfies FieldNode;
    if (node.kind === "variable") return { ...node, at, fields } satisfies VariableNode;
    return { kind: "chain", at, base: node, fields } satisfies ChainNode;
  }

  #term(): OperandNode | null {
    const token = this.nextNonSpace();
    const { kind, at, text } = token;
    switch (kind) {
      case "identifier":
        if (!this.env.hasFunction(text)) this.#undefined(text);
        return { kind, at, name: text };
      case "dot":
      case "nil":
        return { kind, at };
      case "variable":
        if (!this.#visible.includes(text)) this.fail(`undefined variable ${quote(text)}`);
        return { kind, at, name: text, fields: [] };
      case "field":
        return { kind, at, names: [text.slice(1)] };
      case "boolean":
        return { kind, at, value: text === "true" };
      case "left paren":
        return this.pipeline("parenthesized pipeline", "right paren");
      default:
        return this.#literal(token);
    }
  }

  #undefined(name: string): never {
    const hint = this.env.hints.get(name);
    return this.fail(`function ${quote(name)} not defined${hint === undefined ? "" : ` (${hint})`}`);
  }

  #literal(token: Token): OperandNode | null {
    const { kind, at, text } = token;
    if (kind === "string" || kind === "raw string") {
      return { kind: "string", at, quoted: text, text: unquote(text) ?? this.fail("invalid syntax") };
    }
    if (kind === "char constant" || kind === "complex" || kind === "number") return this.#number(at, text, kind);
    this.backup(token);
    return null;
  }

  #number(at: number, text: string, kind: "char constant" | "complex" | "number"): OperandNode {
    try {
      return { kind: "number", at, text, constant: readConstant(text, kind) };
    } catch (error) {
      if (error instanceof GoError) return this.fail(error.text);
      throw error;
    }
  }
}
