import { ResourceError } from "./resource.ts";

const BASES: readonly (readonly [RegExp, number])[] = [
  [/^0[xX]_?([0-9a-fA-F][0-9a-fA-F_]*)$/, 16],
  [/^0[bB]_?([01][01_]*)$/, 2],
  [/^0[oO]?_?([0-7][0-7_]*)$/, 8],
  [/^([1-9][0-9_]*|0)$/, 10],
];
const LARGEST = 2 ** 32 - 1;
const PERMISSIONS = 0o777;

/**
 * Permission bits of a text as Go reads a number: "0644" is octal, "644" is decimal (0204 as permissions). null when it
 * is no number.
 */
export function parseMode(text: string): number | null {
  for (const [shape, base] of BASES) {
    const [, digits] = shape.exec(text) ?? [];
    if (digits === undefined || /__|_$/.test(text)) continue;
    const value = Number.parseInt(digits.replaceAll("_", ""), base);
    return value <= LARGEST ? value & PERMISSIONS : null;
  }
  return null;
}

/** Permissions of a file to be written: as configured, else as they are, else 0644. Throws in Go's words. */
export function wantedMode(configured: string, existing: number | null): number {
  if (configured === "") return existing ?? 0o644;
  const mode = parseMode(configured);
  if (mode !== null) return mode;
  throw new ResourceError(`strconv.ParseUint: parsing ${JSON.stringify(configured)}: invalid syntax`);
}

const SPECIAL: readonly (readonly [number, string])[] = [
  [0o4000, "u"],
  [0o2000, "g"],
  [0o1000, "t"],
];

/** Permissions of a file as Go prints them: `-rw-r-----`. */
export function modeText(mode: number): string {
  const special = SPECIAL.map(([bit, letter]) => (mode & bit ? letter : "")).join("");
  const letters = "rwxrwxrwx".split("").map((letter, at) => (mode & (0o400 >> at) ? letter : "-"));
  return `${special || "-"}${letters.join("")}`;
}
