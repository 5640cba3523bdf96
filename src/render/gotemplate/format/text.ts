import type { Flags } from "./flags.ts";
import { pad, truncate } from "./pad.ts";
import { canBackquote, quote } from "./quote.ts";

/** A string under one of the verbs for strings; null for any other verb. */
export function formatText(text: string, verb: string, flags: Flags): string | null {
  switch (verb) {
    case "v":
      return flags.sharpV ? quoted(text, flags) : pad(truncate(text, flags), flags);
    case "s":
      return pad(truncate(text, flags), flags);
    case "q":
      return quoted(text, flags);
    case "x":
      return hexText(text, flags);
    case "X":
      return hexText(text, flags).toUpperCase();
    default:
      return null;
  }
}

function quoted(text: string, flags: Flags): string {
  const cut = truncate(text, flags);
  if (flags.sharp && canBackquote(cut)) return pad(`\`${cut}\``, flags);
  return pad(quote(cut, flags.plus ? "non-ascii" : "unprintable"), flags);
}

function hexText(text: string, flags: Flags): string {
  const bytes: string[] = [];
  const length = Math.min(flags.precision ?? text.length, text.length);
  for (let i = 0; i < length; i++) bytes.push(text.charCodeAt(i).toString(16).padStart(2, "0"));
  const lead = flags.sharp && length > 0 ? "0x" : "";
  return pad(lead + bytes.join(flags.space ? ` ${lead}` : ""), flags);
}
