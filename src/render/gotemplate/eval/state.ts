import { GoError, TemplateError } from "../error.ts";
import { showFloat } from "../format/float.ts";
import { show } from "../format/printer.ts";
import { quote } from "../format/quote.ts";
import { Func } from "../func.ts";
import type { Limits } from "../limits.ts";
import type { Reads } from "../reads.ts";
import type { Node } from "../syntax/node.ts";
import { sourceOf } from "../syntax/source.ts";
import { indirect, typeOf, type Value } from "../value.ts";
import { Output } from "./output.ts";

const STEPS_BETWEEN_LOOKS = 256;

/** The text all nodes of an execution come from. */
export interface Origin {
  readonly name: string;
  readonly text: string;
}

/** What changes while templates run: output, variables, and where we are. */
export class State {
  readonly origin: Origin;
  readonly limits: Limits;
  readonly out = new Output();
  /** null: nothing of what loops write is kept. */
  readonly reads: Reads | null;
  /** The node that errors are reported at. */
  node: Node;
  /** The template that runs. */
  template: string;
  depth = 0;
  #steps = 0;
  readonly #deadline: number;
  // The variables below #top count; what lies above is overwritten, for cutting arrays off and on again is slow.
  #names: string[] = [];
  #values: Value[] = [];
  #top = 0;

  constructor(origin: Origin, limits: Limits, node: Node, reads: Reads | null) {
    this.origin = origin;
    this.limits = limits;
    this.reads = reads;
    this.node = node;
    this.template = origin.name;
    this.#deadline = performance.now() + limits.maxMs;
  }

  /** Counts one step of work at this node. */
  at(node: Node): void {
    this.node = node;
    if (++this.#steps % STEPS_BETWEEN_LOOKS === 0) this.#lookAtClock();
    if (this.#steps > this.limits.maxSteps) this.fail(`more than ${this.limits.maxSteps} steps`);
  }

  #lookAtClock(): void {
    if (performance.now() > this.#deadline) this.fail(`not done after ${this.limits.maxMs} ms`);
  }

  write(text: string): void {
    this.out.add(text);
    this.#checkLength();
  }

  /** Writes what was written before. */
  again<T extends { readonly output: Buffer }>(piece: T): T {
    this.out.addBytes(piece.output);
    this.#checkLength();
    return piece;
  }

  #checkLength(): void {
    if (this.out.length > this.limits.maxBytes) this.fail(`output is larger than ${this.limits.maxBytes} bytes`);
  }

  /** Writes a value as an action shows it. */
  print(node: Node, value: Value): void {
    if (typeof value === "string") this.write(value);
    else if (typeof value === "bigint" || typeof value === "boolean") this.write(String(value));
    else if (value === undefined) this.write("<no value>");
    else if (typeof value === "number") this.write(showFloat(value));
    else this.#printOther(node, value);
  }

  #printOther(node: Node, value: Value): void {
    this.node = node;
    if (value instanceof Func) this.fail(`can't print ${sourceOf(node)} of type ${typeOf(value)?.name}`);
    this.write(this.show(indirect(value)));
  }

  /** A value as `%v` shows it. */
  show(value: Value): string {
    try {
      return show(value, this.limits.maxBytes);
    } catch (error) {
      if (error instanceof GoError) return this.fail(error.text);
      throw error;
    }
  }

  /** The number of variables, to go back to with `pop`. */
  get mark(): number {
    return this.#top;
  }

  push(name: string, value: Value): void {
    this.#names[this.#top] = name;
    this.#values[this.#top] = value;
    this.#top++;
  }

  pop(mark: number): void {
    this.#top = mark;
  }

  /** The value of the innermost variable of this name. */
  get(name: string): Value {
    return this.#values[this.#find(name)];
  }

  /** The same; nothing when there is no such variable. */
  peek(name: string): Value {
    for (let i = this.#top - 1; i >= 0; i--) if (this.#names[i] === name) return this.#values[i];
    return undefined;
  }

  set(name: string, value: Value): void {
    this.#values[this.#find(name)] = value;
  }

  /** Sets the variable declared last (1) or before it (2). */
  setTop(fromTop: number, value: Value): void {
    this.#values[this.#top - fromTop] = value;
  }

  #find(name: string): number {
    for (let i = this.#top - 1; i >= 0; i--) if (this.#names[i] === name) return i;
    return this.fail(`undefined variable: ${name}`);
  }

  /** Runs `body` as the template of this name: it sees no variable but `$`. */
  call<T>(template: string, data: Value, body: () => T): T {
    const { template: caller } = this;
    const [names, values, top] = [this.#names, this.#values, this.#top];
    this.template = template;
    this.#names = ["$"];
    this.#values = [data];
    this.#top = 1;
    this.depth++;
    const result = body();
    this.depth--;
    [this.#names, this.#values, this.#top] = [names, values, top];
    this.template = caller;
    return result;
  }

  /** Ends the execution with an error at the present node. */
  fail(message: string, options?: ErrorOptions): never {
    const { name, text } = this.origin;
    const before = text.slice(0, this.node.at);
    const line = before.split("\n").length;
    const column = before.length - (before.lastIndexOf("\n") + 1);
    const where = `template: ${name}:${line}:${column}: executing ${quote(this.template)} at <${sourceOf(this.node)}>`;
    throw new TemplateError({ name, line, column }, `${where}: ${message}`, options);
  }
}
