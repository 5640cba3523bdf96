import { NO_FLAGS } from "../format/flags.ts";
import { Printer } from "../format/printer.ts";
import { printf } from "../format/printf.ts";
import { type Func, variadic } from "../func.ts";
import { ANY, STRING } from "../type.ts";
import { indirect, kindOf, type Value } from "../value.ts";
import { escapeHtml, escapeJs, escapeQuery } from "./escape.ts";

function printAll(values: readonly Value[], limit: number, spaced: (after: number) => boolean): string {
  const printer = new Printer(limit);
  for (const [i, value] of values.entries()) {
    if (i > 0 && spaced(i)) printer.add(" ");
    printer.print(value, "v", NO_FLAGS);
  }
  return printer.out;
}

function print(values: readonly Value[], limit: number): string {
  const isText = values.map((value) => kindOf(value) === "string");
  return printAll(values, limit, (i) => !isText[i] && !isText[i - 1]);
}

/** `print`: its arguments one after the other, with spaces between two that are no text. */
export const PRINT = variadic([ANY], (values, { maxBytes }) => print(values, maxBytes));

/** `println`: its arguments with spaces between them and a new line at the end. */
export const PRINTLN = variadic([ANY], (values, { maxBytes }) => `${printAll(values, maxBytes, () => true)}\n`);

/** `printf`: its arguments under the verbs of a format. */
export const PRINTF = variadic([STRING, ANY], ([format, ...values], { maxBytes }) => {
  return printf(typeof format === "string" ? format : "", values, maxBytes);
});

function escaper(escaped: (text: string) => string): Func {
  return variadic([ANY], (values, { maxBytes }) => {
    const [only] = values;
    if (values.length === 1 && typeof only === "string") return escaped(only);
    const printable = values.map((value) => (value === null ? "<no value>" : indirect(value)));
    return escaped(print(printable, maxBytes));
  });
}

/** `html`: escaped for HTML text and attributes. */
export const HTML = escaper(escapeHtml);

/** `js`: escaped for a JavaScript string. */
export const JS = escaper(escapeJs);

/** `urlquery`: escaped for the query of a URL. */
export const URLQUERY = escaper(escapeQuery);
