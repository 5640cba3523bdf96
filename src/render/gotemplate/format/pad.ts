import { isAscii, runeAt, runeCount } from "../bytes.ts";
import type { Flags } from "./flags.ts";

/** The text filled up to the width, counted in runes: on the left, or on the right with the minus flag. */
export function pad(text: string, flags: Flags): string {
  if (flags.width === null || flags.width === 0) return text;
  const missing = flags.width - runeCount(text);
  if (missing <= 0) return text;
  const filling = (flags.zero ? "0" : " ").repeat(missing);
  return flags.minus ? text + filling : filling + text;
}

/** The text filled up with spaces even where zeros are asked for. */
export function padWithSpaces(text: string, flags: Flags): string {
  return pad(text, flags.zero ? { ...flags, zero: false } : flags);
}

/** At most the first `count` runes. */
export function truncateRunes(text: string, count: number): string {
  if (isAscii(text)) return text.slice(0, count);
  let at = 0;
  for (let left = count; left > 0 && at < text.length; left--) at += runeAt(text, at).size;
  return text.slice(0, at);
}

/** The text cut to the precision, if there is one. */
export function truncate(text: string, flags: Flags): string {
  return flags.precision === null ? text : truncateRunes(text, flags.precision);
}
