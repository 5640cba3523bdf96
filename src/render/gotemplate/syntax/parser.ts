import { TemplateError } from "../error.ts";
import { quote } from "../format/quote.ts";
import { Definitions } from "./definitions.ts";
import { Lexer } from "./lexer.ts";
import type { BranchNode, EndNode, ListNode, PipeNode, StatementNode, TemplateNode, TextNode } from "./node.ts";
import { PipelineParser } from "./pipeline-parser.ts";
import { sourceOf } from "./source.ts";
import type { Token } from "./token.ts";
import type { ParseEnv } from "./token-stream.ts";
import { unquote } from "./unquote.ts";

/** All templates of one text: the main one under its own name, and what it defines. Throws a TemplateError. */
export function parseTemplates(env: ParseEnv, text: string): ReadonlyMap<string, ListNode> {
  const definitions = new Definitions();
  try {
    new TreeParser(env, new Lexer(text), definitions, 0).parseMain();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new TemplateError({ name: env.name, line: 0, column: null }, `template: ${env.name}: nested too deeply`);
  }
  return definitions.trees;
}

/** Parses one template; definitions inside it get a parser of their own on the same text. */
class TreeParser extends PipelineParser {
  readonly #definitions: Definitions;
  #ranges = 0;

  constructor(env: ParseEnv, lexer: Lexer, definitions: Definitions, depth: number) {
    super(env, lexer, depth);
    this.#definitions = definitions;
  }

  parseMain(): void {
    const { at } = this.peek();
    const nodes: StatementNode[] = [];
    while (this.peek().kind !== "eof") {
      if (this.#parseDefinition()) continue;
      const node = this.#textOrAction();
      if (node.kind === "end" || node.kind === "else") this.fail(`unexpected ${sourceOf(node)}`);
      nodes.push(node);
    }
    this.#add(this.env.name, { kind: "list", at, nodes });
  }

  #parseDefinition(): boolean {
    if (this.peek().kind !== "left delimiter") return false;
    const open = this.next();
    const word = this.nextNonSpace();
    if (word.kind !== "define") {
      this.backup(word);
      this.backup(open);
      return false;
    }
    this.#inner().#define();
    return true;
  }

  #inner(): TreeParser {
    return new TreeParser(this.env, this.lexer, this.#definitions, this.depth + 1);
  }

  #define(): void {
    const token = this.nextNonSpace();
    const name = this.#templateName(token, "define clause");
    this.expect("right delimiter", "define clause");
    this.#addBody(name, "define clause", this);
  }

  // An error about the end is reported at the line that `reporter` has read up to.
  #addBody(name: string, context: string, reporter: TreeParser): void {
    const { list, end } = this.#list();
    if (end.kind !== "end") reporter.fail(`unexpected ${sourceOf(end)} in ${context}`);
    this.#add(name, list);
  }

  #add(name: string, list: ListNode): void {
    if (!this.#definitions.add(name, list)) this.fail(`template: multiple definition of template ${quote(name)}`);
  }

  #list(): { list: ListNode; end: EndNode } {
    const { at } = this.peekNonSpace();
    const nodes: StatementNode[] = [];
    while (this.peekNonSpace().kind !== "eof") {
      const node = this.#textOrAction();
      if (node.kind === "end" || node.kind === "else") return { list: { kind: "list", at, nodes }, end: node };
      nodes.push(node);
    }
    return this.fail("unexpected EOF");
  }

  #textOrAction(): StatementNode | EndNode {
    const token = this.nextNonSpace();
    if (token.kind === "text") return { kind: "text", at: token.at, text: token.text } satisfies TextNode;
    if (token.kind !== "left delimiter") return this.unexpected(token, "input");
    return this.inAction(token.line, () => this.#action());
  }

  #action(): StatementNode | EndNode {
    const token = this.nextNonSpace();
    const { kind } = token;
    switch (kind) {
      case "block":
        return this.#block();
      case "break":
      case "continue":
        return this.#jump(token, kind);
      case "else":
        return this.#else();
      case "end":
        return { kind: "end", at: this.expect("right delimiter", "end").at };
      case "if":
      case "range":
      case "with":
        return this.nested(() => this.#control(kind));
      case "template":
        return this.#template();
      default:
    }
    this.backup(token);
    const { at } = this.peek();
    return { kind: "action", at, pipe: this.pipeline("command", "right delimiter") };
  }

  #jump(token: Token, kind: "break" | "continue"): StatementNode {
    const next = this.nextNonSpace();
    if (next.kind !== "right delimiter") this.unexpected(next, `{{${kind}}}`);
    if (this.#ranges === 0) this.fail(`{{${kind}}} outside {{range}}`);
    return { kind, at: token.at };
  }

  // "else if" and "else with" leave their keyword for the control they belong to.
  #else(): EndNode {
    const next = this.peekNonSpace();
    const chained = next.kind === "if" || next.kind === "with";
    return { kind: "else", at: chained ? next.at : this.expect("right delimiter", "else").at };
  }

  #control(kind: BranchNode["kind"]): BranchNode {
    const leave = this.enter();
    const pipe = this.pipeline(kind, "right delimiter");
    if (kind === "range") this.#ranges++;
    const { list, end } = this.#list();
    if (kind === "range") this.#ranges--;
    const otherwise = end.kind === "else" ? this.#otherwise(kind, end) : null;
    leave();
    return { kind, at: pipe.at, pipe, list, otherwise };
  }

  #otherwise(kind: BranchNode["kind"], end: EndNode): ListNode {
    if (kind !== "range" && this.peek().kind === kind) {
      this.next();
      return { kind: "list", at: end.at, nodes: [this.#control(kind)] };
    }
    const { list, end: last } = this.#list();
    if (last.kind !== "end") this.fail(`expected end; found ${sourceOf(last)}`);
    return list;
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== "string" && token.kind !== "raw string") return this.unexpected(token, context);
    return unquote(token.text) ?? this.fail("invalid syntax");
  }

  #block(): TemplateNode {
    const token = this.nextNonSpace();
    const name = this.#templateName(token, "block clause");
    const pipe = this.pipeline("block clause", "right delimiter");
    this.#inner().#addBody(name, "block clause", this);
    return { kind: "template", at: token.at, name, pipe };
  }

  #template(): TemplateNode {
    const token = this.nextNonSpace();
    const name = this.#templateName(token, "template clause");
    return { kind: "template", at: token.at, name, pipe: this.#templatePipe() };
  }

  #templatePipe(): PipeNode | null {
    const token = this.nextNonSpace();
    if (token.kind === "right delimiter") return null;
    this.backup(token);
    return this.pipeline("template clause", "right delimiter");
  }
}
