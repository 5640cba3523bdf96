import { GoError } from "../gotemplate/error.ts";
import { quote } from "../gotemplate/format/quote.ts";
import { asInt, asText, type Func, func } from "../gotemplate/func.ts";
import { parseInt64 } from "../gotemplate/numeric.ts";
import { INT, STRING } from "../gotemplate/type.ts";

function operation(compute: (a: bigint, b: bigint) => bigint): Func {
  return func([INT, INT], ([a, b]) => BigInt.asIntN(64, compute(asInt(a), asInt(b))));
}

function divisor(value: bigint): bigint {
  if (value === 0n) throw new GoError("runtime error: integer divide by zero");
  return value;
}

const TRUE: ReadonlySet<string> = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE: ReadonlySet<string> = new Set(["0", "f", "F", "FALSE", "false", "False"]);

function parseBool(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new GoError(`strconv.ParseBool: parsing ${quote(text)}: invalid syntax`);
}

function atoi(text: string): bigint {
  const value = parseInt64(text, 10);
  if (value !== null) return value;
  const why = /^[+-]?[0-9]+$/.test(text) ? "value out of range" : "invalid syntax";
  throw new GoError(`strconv.Atoi: parsing ${quote(text)}: ${why}`);
}

/** Functions on integers, which wrap around at 64 bits, and those that read numbers and truth from text. */
export function arithmeticFunctions(): [string, Func][] {
  return [
    ["add", operation((a, b) => a + b)],
    ["sub", operation((a, b) => a - b)],
    ["mul", operation((a, b) => a * b)],
    ["div", operation((a, b) => a / divisor(b))],
    ["mod", operation((a, b) => a % divisor(b))],
    ["parseBool", func([STRING], ([text]) => parseBool(asText(text)))],
    ["atoi", func([STRING], ([text]) => atoi(asText(text)))],
  ];
}
