import { encodeRune, REPLACEMENT } from "../bytes.ts";
import { isPrint } from "../unicode.ts";
import { type Flags, NO_FLAGS } from "./flags.ts";
import { pad, padWithSpaces } from "./pad.ts";
import { quoteRune } from "./quote.ts";

const BASES: ReadonlyMap<string, number> = new Map([
  ["v", 10],
  ["d", 10],
  ["b", 2],
  ["o", 8],
  ["O", 8],
  ["x", 16],
  ["X", 16],
]);

/** An integer under one of the verbs for integers; null for any other verb. */
export function formatInteger(value: bigint, verb: string, flags: Flags): string | null {
  const base = BASES.get(verb);
  if (base !== undefined) return inBase(value, base, verb, flags);
  const code = value >= 0n && value <= 0x10ffffn ? Number(value) : REPLACEMENT;
  if (verb === "c") return pad(encodeRune(code), flags);
  if (verb === "q") return pad(quoteRune(validRune(code), flags.plus ? "non-ascii" : "unprintable"), flags);
  return verb === "U" ? formatUnicode(value, flags) : null;
}

function validRune(code: number): number {
  return code >= 0xd800 && code <= 0xdfff ? REPLACEMENT : code;
}

function inBase(value: bigint, base: number, verb: string, flags: Flags): string {
  const negative = value < 0n;
  if (flags.precision === 0 && value === 0n) return " ".repeat(flags.width ?? 0);
  const sign = negative ? "-" : flags.plus ? "+" : flags.space ? " " : "";
  const zeros = flags.precision ?? (flags.zero && flags.width !== null ? flags.width - sign.length : 0);
  const digits = (negative ? -value : value).toString(base).padStart(zeros, "0");
  const prefixed = `${prefix(base, verb, digits, flags)}${digits}`;
  return padWithSpaces(sign + (verb === "X" ? prefixed.toUpperCase() : prefixed), flags);
}

function prefix(base: number, verb: string, digits: string, flags: Flags): string {
  if (verb === "O") return flags.sharp && !digits.startsWith("0") ? "0o0" : "0o";
  if (!flags.sharp || base === 10) return "";
  if (base === 8) return digits.startsWith("0") ? "" : "0";
  return base === 2 ? "0b" : "0x";
}

function formatUnicode(value: bigint, flags: Flags): string {
  const code = BigInt.asUintN(64, value);
  const digits = code
    .toString(16)
    .toUpperCase()
    .padStart(Math.max(flags.precision ?? 4, 4), "0");
  const shown = flags.sharp && code <= 0x10ffffn && isPrint(Number(code)) ? ` '${encodeRune(Number(code))}'` : "";
  return padWithSpaces(`U+${digits}${shown}`, flags);
}

/** A code point as error messages show it: `U+0029 ')'`. */
export function showCodePoint(code: bigint): string {
  return formatUnicode(code, { ...NO_FLAGS, sharp: true });
}
