import { GoError } from "../error.ts";
import { quote } from "../format/quote.ts";
import { parseFloat64, parseInt64, parseUint64 } from "../numeric.ts";
import { unquoteChar } from "./unquote.ts";

/** A constant under all the types that can hold it: which one it becomes depends on where it stands. */
export interface Constant {
  readonly int: bigint | null;
  readonly uint: bigint | null;
  readonly float: number | null;
  readonly complex: { readonly real: number; readonly imaginary: number } | null;
}

/** The constant behind a number token; throws a GoError for what is none. */
export function readConstant(text: string, kind: "char constant" | "complex" | "number"): Constant {
  if (kind === "char constant") return readChar(text);
  if (kind === "complex") return readComplex(text);
  if (text.endsWith("i")) {
    const imaginary = parseFloat64(text.slice(0, -1));
    if (imaginary !== null) return complex(0, imaginary);
  }
  return readReal(text);
}

function readChar(text: string): Constant {
  const char = unquoteChar(text, 1, "'");
  if (char === null) throw new GoError("invalid syntax");
  if (text.slice(1 + char.size) !== "'") throw new GoError(`malformed character constant: ${text}`);
  const code = BigInt(char.code);
  return { int: code, uint: code, float: char.code, complex: null };
}

function readComplex(text: string): Constant {
  const parts = /^(.*[^eEpP])([+-].*)i$/.exec(text);
  const real = parseFloat64(parts?.[1] ?? "");
  const imaginary = parseFloat64(parts?.[2] ?? "");
  if (real === null || imaginary === null) throw new GoError("syntax error scanning complex number");
  return complex(real, imaginary);
}

function complex(real: number, imaginary: number): Constant {
  const plain = imaginary === 0 ? real : null;
  return { float: plain, ...integersOf(plain), complex: { real, imaginary } };
}

function integersOf(float: number | null): { int: bigint | null; uint: bigint | null } {
  if (float === null || !Number.isInteger(float)) return { int: null, uint: null };
  const whole = BigInt(float);
  return {
    int: BigInt.asIntN(64, whole) === whole ? whole : null,
    uint: BigInt.asUintN(64, whole) === whole ? whole : null,
  };
}

function readReal(text: string): Constant {
  const int = parseInt64(text, 0);
  const uint = int === 0n ? 0n : parseUint64(text, 0);
  const whole = int ?? uint;
  if (whole !== null) return { int, uint, float: Number(whole), complex: null };
  const float = parseFloat64(text);
  if (float === null) throw new GoError(`illegal number syntax: ${quote(text)}`);
  if (!/[.eEpP]/.test(text)) throw new GoError(`integer overflow: ${quote(text)}`);
  return { float, ...integersOf(float), complex: null };
}
