import { GoError } from "../error.ts";
import { Func } from "../func.ts";
import { isUnsigned, type Type } from "../type.ts";
import { Complex, GoMap, Scalar, Slice, Struct, typeOf, type Value } from "../value.ts";
import { type Flags, NO_FLAGS } from "./flags.ts";
import { formatFloat } from "./float.ts";
import { formatInteger } from "./integer.ts";
import { pad, truncate } from "./pad.ts";
import { formatText } from "./text.ts";

const NIL = "<nil>";
// Go shows where a list, map or struct lies in memory; here there is nothing to show, and output must not change from run to run.
const ADDRESS = 0xc000000000n;

/** Writes values under verbs, as Go's fmt does, into `out`; more than `limit` bytes are an error. */
export class Printer {
  out = "";
  readonly #limit: number;
  #plainScalars = false;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Adds ready text. */
  add(text: string): void {
    this.out += text;
    if (this.out.length > this.#limit) throw new GoError(`text is longer than ${this.#limit} bytes`);
  }

  /** Adds an argument of printf and its like. */
  print(value: Value, verb: string, flags: Flags): void {
    if (value === undefined || value === null) {
      if (verb === "T" || verb === "v") this.add(pad(NIL, flags));
      else this.#bad(value, verb, flags);
    } else if (verb === "T") this.add(pad(truncate(typeOf(value)?.name ?? NIL, flags), flags));
    else if (verb === "p") this.#pointer(value, verb, flags);
    else this.#value(value, verb, flags, 0);
  }

  #value(value: Value, verb: string, flags: Flags, depth: number): void {
    if (value === undefined || value === null) {
      this.add(flags.sharpV ? "interface {}(nil)" : NIL);
    } else if (!this.#byMethod(value, verb, flags)) {
      if (value instanceof Slice) this.#list(value, verb, flags, depth);
      else if (value instanceof GoMap) this.#map(value, verb, flags, depth);
      else if (value instanceof Struct) this.#struct(value, verb, flags, depth);
      else if (value instanceof Func) this.#pointer(value, verb, flags);
      else this.#plain(value, verb, flags);
    }
  }

  #plain(value: Value, verb: string, flags: Flags): void {
    const text = this.#formatted(value, verb, flags);
    if (text === null) this.#bad(value, verb, flags);
    else this.add(text);
  }

  #formatted(value: Value, verb: string, flags: Flags): string | null {
    if (
      value instanceof Scalar &&
      typeof value.value === "bigint" &&
      isUnsigned(value.type.kind) &&
      verb === "v" &&
      flags.sharpV
    ) {
      return formatInteger(value.value, "x", { ...flags, sharp: true });
    }
    const bare = value instanceof Scalar ? value.value : value;
    if (typeof bare === "string") return formatText(bare, verb, flags);
    if (typeof bare === "bigint") return formatInteger(bare, verb, flags);
    if (typeof bare === "number") return formatFloat(bare, verb, flags);
    if (bare instanceof Complex) return formatComplex(bare, verb, flags);
    return verb === "t" || verb === "v" ? pad(String(bare), flags) : null;
  }

  #byMethod(value: Value, verb: string, flags: Flags): boolean {
    if (this.#plainScalars) return false;
    if (verb === "w") {
      this.#bad(value, verb, flags);
      return true;
    }
    const type = typeOf(value);
    const show = flags.sharpV ? type?.goText : "vsxXq".includes(verb) ? type?.text : null;
    if (!show) return false;
    this.add((flags.sharpV ? show(value) : formatText(show(value), verb, flags)) ?? "");
    return true;
  }

  #bad(value: Value, verb: string, flags: Flags): void {
    const before = this.#plainScalars;
    this.#plainScalars = true;
    this.add(`%!${verb}(`);
    if (value === undefined || value === null) this.add(NIL);
    else {
      this.add(`${typeOf(value)?.name}=`);
      this.#value(value, "v", flags, 0);
    }
    this.add(")");
    this.#plainScalars = before;
  }

  #list(value: Slice, verb: string, flags: Flags, depth: number): void {
    const element = value.type.element;
    if (element?.kind === "uint8" && "sqxX".includes(verb)) {
      this.add(formatText(bytesOf(value), verb, flags) ?? "");
      return;
    }
    if (this.#opened(value.type, value.present, "[", flags, depth)) return;
    for (let i = 0; i < value.length; i++) {
      if (i > 0) this.add(flags.sharpV ? ", " : " ");
      this.#value(value.at(i), verb, flags, depth + 1);
    }
    this.add(flags.sharpV ? "}" : "]");
  }

  // Writes what stands before the elements; true when a nil leaves nothing more to write.
  #opened(type: Type, present: boolean, open: string, flags: Flags, depth: number): boolean {
    const name = type.name === "[]uint8" && depth === 0 ? "[]byte" : type.name;
    if (!flags.sharpV) this.add(open);
    else this.add(present ? `${name}{` : `${name}(nil)`);
    return flags.sharpV && !present;
  }

  #map(value: GoMap, verb: string, flags: Flags, depth: number): void {
    if (this.#opened(value.type, value.present, "map[", flags, depth)) return;
    for (const [i, key] of value.sortedKeys().entries()) {
      if (i > 0) this.add(flags.sharpV ? ", " : " ");
      this.#value(key, verb, flags, depth + 1);
      this.add(":");
      this.#value(value.entries.get(key), verb, flags, depth + 1);
    }
    this.add(flags.sharpV ? "}" : "]");
  }

  #struct(value: Struct, verb: string, flags: Flags, depth: number): void {
    const { target, name, fields } = value.type;
    if (target !== null && depth > 0) {
      this.#pointer(value, verb, flags);
      return;
    }
    this.add(`${target === null ? "" : "&"}${flags.sharpV ? (target?.name ?? name) : ""}{`);
    for (const [i, field] of fields.entries()) {
      if (i > 0) this.add(flags.sharpV ? ", " : " ");
      if (flags.plusV || flags.sharpV) this.add(`${field.name}:`);
      this.#value(value.fields[i], verb, flags, depth + 1);
    }
    this.add("}");
  }

  #pointer(value: Value, verb: string, flags: Flags): void {
    const located = value instanceof Slice || value instanceof GoMap || value instanceof Func;
    const isPointer = located || (value instanceof Struct && value.type.target !== null);
    const style = "vp".includes(verb) ? "x" : verb;
    if (!isPointer || !"bodxX".includes(style)) {
      this.#bad(value, verb, flags);
      return;
    }
    const missing = (value instanceof Slice || value instanceof GoMap) && !value.present;
    const text =
      formatInteger(missing ? 0n : ADDRESS, style, "vp".includes(verb) ? { ...flags, sharp: !flags.sharp } : flags) ??
      "";
    this.add(verb === "v" && flags.sharpV ? `(${typeOf(value)?.name})(${text})` : text);
  }
}

function bytesOf(value: Slice): string {
  return value.items().reduce<string>((bytes, item) => {
    return bytes + (item instanceof Scalar ? String.fromCharCode(Number(item.value)) : "");
  }, "");
}

function formatComplex(value: Complex, verb: string, flags: Flags): string | null {
  const real = formatFloat(value.real, verb, flags);
  const imaginary = formatFloat(value.imaginary, verb, { ...flags, plus: true });
  return real === null ? null : `(${real}${imaginary}i)`;
}

/** A value as `%v` prints it. */
export function show(value: Value, limit: number): string {
  const printer = new Printer(limit);
  printer.print(value, "v", NO_FLAGS);
  return printer.out;
}
