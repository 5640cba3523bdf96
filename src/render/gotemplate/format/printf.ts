import { bitsOf, isSigned, isUnsigned } from "../type.ts";
import { bare, kindOf, typeOf, type Value } from "../value.ts";
import { type Directive, type Format, type Index, readFormat } from "./directive.ts";
import { type Flags, NO_FLAGS } from "./flags.ts";
import { Printer } from "./printer.ts";

const LARGEST = 1_000_000n;

/** Walks the arguments while the verbs of a format take them. */
class Arguments {
  readonly #values: readonly Value[];
  next = 0;
  reordered = false;

  constructor(values: readonly Value[]) {
    this.#values = values;
  }

  /** Goes to an explicit index; false when there is no such argument. */
  jump(index: Index | null): boolean {
    if (index === null) return true;
    this.reordered = true;
    if (index.at === null || index.at < 0 || index.at >= this.#values.length) return false;
    this.next = index.at;
    return true;
  }

  get exhausted(): boolean {
    return this.next >= this.#values.length;
  }

  take(): Value {
    return this.#values[this.next++];
  }

  /** The next argument as a width or precision; null when it is none. */
  takeNumber(): number | null {
    if (this.exhausted) return null;
    const value = this.take();
    const kind = kindOf(value);
    const number = kind !== "nil" && (isSigned(kind) || isUnsigned(kind)) && bitsOf(kind) > 0 ? bare(value) : null;
    return typeof number === "bigint" && number <= LARGEST && number >= -LARGEST ? Number(number) : null;
  }

  rest(): readonly Value[] {
    return this.#values.slice(this.next);
  }
}

function widthFrom(args: Arguments, printer: Printer, flags: Flags): Flags {
  const width = args.takeNumber();
  if (width === null) printer.add("%!(BADWIDTH)");
  return width !== null && width < 0 ? { ...flags, width: -width, minus: true, zero: false } : { ...flags, width };
}

function precisionFrom(args: Arguments, printer: Printer, flags: Flags): Flags {
  const given = args.takeNumber();
  const precision = given !== null && given >= 0 ? given : null;
  if (precision === null) printer.add("%!(BADPREC)");
  return { ...flags, precision };
}

function printDirective(printer: Printer, directive: Directive, verb: string, args: Arguments): void {
  let { flags } = directive;
  let found = args.jump(directive.widthIndex);
  if (directive.widthFromArgument) flags = widthFrom(args, printer, flags);
  found = args.jump(directive.precisionIndex) && found;
  if (directive.precisionFromArgument) flags = precisionFrom(args, printer, flags);
  found = args.jump(directive.verbIndex) && found && directive.wellFormed;
  if (verb === "") printer.add("%!(NOVERB)");
  else if (verb === "%") printer.add("%");
  else if (!found) printer.add(`%!${verb}(BADINDEX)`);
  else if (args.exhausted) printer.add(`%!${verb}(MISSING)`);
  else printer.print(args.take(), verb, flags);
}

function printExtra(printer: Printer, extra: readonly Value[]): void {
  printer.add("%!(EXTRA ");
  for (const [i, value] of extra.entries()) {
    if (i > 0) printer.add(", ");
    const type = typeOf(value);
    if (type !== null) printer.add(`${type.name}=`);
    printer.print(value, "v", NO_FLAGS);
  }
  printer.add(")");
}

// Most formats join a few strings and integers; null when this one or its arguments need more than that.
function join({ plain, directives }: Format, values: readonly Value[]): string | null {
  if (!plain || directives.length !== values.length + 1) return null;
  let text = "";
  for (let i = 0; i < values.length; i++) {
    const directive = directives[i];
    const value = values[i];
    const fits = directive?.verb === "v" || directive?.verb === (typeof value === "string" ? "s" : "d");
    if (!fits || (typeof value !== "string" && typeof value !== "bigint")) return null;
    text += directive.text + value;
  }
  return text + directives[values.length]?.text;
}

/** The text of a format with its verbs filled in; wrong use shows in the text, as in Go. */
export function printf(formatText: string, values: readonly Value[], limit: number): string {
  const format = readFormat(formatText);
  const joined = join(format, values);
  if (joined !== null) return joined;
  const printer = new Printer(limit);
  const args = new Arguments(values);
  for (const directive of format.directives) {
    printer.add(directive.text);
    if (directive.verb !== null) printDirective(printer, directive, directive.verb, args);
  }
  if (!args.reordered && !args.exhausted) printExtra(printer, args.rest());
  return printer.out;
}
