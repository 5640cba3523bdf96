import { type Decimal, exact, round, shortest } from "./decimal.ts";
import type { Flags } from "./flags.ts";
import { hexFloat } from "./hex-float.ts";
import { pad, padWithSpaces } from "./pad.ts";

const DEFAULT_PRECISION: ReadonlyMap<string, number> = new Map([
  ["e", 6],
  ["E", 6],
  ["f", 6],
  ["F", 6],
]);

const VERBS = new Set(["v", "b", "g", "G", "x", "X", "f", "F", "e", "E"]);

/** A float64 under one of the verbs for floats; null for any other verb. */
export function formatFloat(value: number, verb: string, flags: Flags): string | null {
  if (!VERBS.has(verb)) return null;
  const precision = flags.precision ?? DEFAULT_PRECISION.get(verb) ?? null;
  const style = verb === "v" ? "g" : verb === "F" ? "f" : verb;
  const negative = value < 0 || Object.is(value, -0);
  if (!Number.isFinite(value)) return infinite(value, flags);
  const plain = digitsOf(Math.abs(value), style, precision);
  const number = flags.sharp && verb !== "b" ? withPoint(plain, verb, precision) : plain;
  const sign = negative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  if (sign === "" || !flags.zero || flags.width === null) return pad(sign + number, flags);
  return sign + pad(number, { ...flags, width: Math.max(flags.width - 1, 0) });
}

/** A float64 as `%v` prints it. */
export function showFloat(value: number): string {
  if (!Number.isFinite(value)) return infiniteText(value, "+");
  return (value < 0 || Object.is(value, -0) ? "-" : "") + general(shortest(value), null, "e");
}

function infiniteText(value: number, sign: string): string {
  return Number.isNaN(value) ? "NaN" : `${value < 0 ? "-" : sign}Inf`;
}

function infinite(value: number, flags: Flags): string {
  const sign = flags.plus ? "+" : flags.space ? " " : "";
  const text = Number.isNaN(value) ? `${sign}NaN` : infiniteText(value, flags.space && !flags.plus ? " " : "+");
  return padWithSpaces(text, flags);
}

function digitsOf(value: number, style: string, precision: number | null): string {
  switch (style) {
    case "b":
      return binary(value);
    case "x":
    case "X": {
      const text = hexFloat(value, precision);
      return style === "X" ? text.toUpperCase() : text;
    }
    case "f":
      return fixed(value, precision ?? 0);
    case "e":
    case "E":
      return scientific(round(exact(value), (precision ?? 0) + 1), precision ?? 0, style);
    default:
      return general(
        precision === null ? shortest(value) : round(exact(value), Math.max(precision, 1)),
        precision,
        style === "G" ? "E" : "e",
      );
  }
}

function binary(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const raw = bits.getBigUint64(0);
  const field = Number(raw >> 52n);
  const mantissa = (raw & 0xfffffffffffffn) | (field === 0 ? 0n : 0x10000000000000n);
  const exponent = Math.max(field, 1) - 1075;
  return `${mantissa}p${exponent < 0 ? "-" : "+"}${Math.abs(exponent)}`;
}

function fixed(value: number, precision: number): string {
  const all = exact(value);
  const { digits, point } = round(all, all.point + precision);
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  const fraction = ("0".repeat(Math.max(-point, 0)) + digits.slice(Math.max(point, 0))).padEnd(precision, "0");
  return precision === 0 ? whole : `${whole}.${fraction.slice(0, precision)}`;
}

function scientific({ digits, point }: Decimal, places: number, letter: string): string {
  const exponent = digits === "" ? 0 : point - 1;
  const fraction = places === 0 ? "" : `.${digits.slice(1).padEnd(places, "0")}`;
  const power = Math.abs(exponent).toString().padStart(2, "0");
  return `${digits[0] ?? "0"}${fraction}${letter}${exponent < 0 ? "-" : "+"}${power}`;
}

// %g: the exponent decides which form it takes.
function general(decimal: Decimal, precision: number | null, letter: string): string {
  const { digits, point } = decimal;
  const exponent = digits === "" ? -1 : point - 1;
  const asked = precision === null ? 6 : Math.max(precision, 1);
  const limit = precision !== null && asked > digits.length && digits.length >= point ? digits.length : asked;
  if (digits === "") return "0";
  if (exponent < -4 || exponent >= limit) return scientific(decimal, digits.length - 1, letter);
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, "0") : "0";
  const fraction = point > 0 ? digits.slice(point) : "0".repeat(-point) + digits;
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

// The sharp flag keeps the point and, where the digits are counted, the zeros at the end.
function withPoint(number: string, verb: string, precision: number | null): string {
  const split = number.search(verb === "x" || verb === "X" ? /[pP]/ : /[eE]/);
  const mantissa = split < 0 ? number : number.slice(0, split);
  const counted = mantissa.replace(".", "").replace(/^0+/, "").length;
  const pointless = !mantissa.includes(".");
  const asked = "vgGx".includes(verb) ? (precision ?? 6) : 0;
  const missing = asked - counted - (pointless && mantissa === "0" ? 1 : 0);
  const tail = split < 0 ? "" : number.slice(split);
  return `${mantissa}${pointless ? "." : ""}${"0".repeat(Math.max(missing, 0))}${tail}`;
}
