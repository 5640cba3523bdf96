import { GoError } from "../gotemplate/error.ts";

const PADDED = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Bytes in base64, standard alphabet, padded. */
export function base64Encode(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("base64");
}

/** The bytes behind padded base64; new lines in it are skipped, anything else that is wrong is an error. */
export function base64Decode(text: string): string {
  const packed = text.replace(/[\r\n]/g, "");
  if (!PADDED.test(packed)) throw new GoError(`illegal base64 data at input byte ${firstFault(text)}`);
  return Buffer.from(packed, "base64").toString("latin1");
}

// The byte Go names: the first wrong character, or the quantum that is not complete.
function firstFault(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] ?? "";
    if (char === "\r" || char === "\n") continue;
    if (char === "=") return faultAfterPadding(text, at, count % 4);
    if (!/[A-Za-z0-9+/]/.test(char)) return at;
    count++;
  }
  return text.length - (count % 4);
}

function faultAfterPadding(text: string, at: number, position: number): number {
  if (position < 2) return at;
  const rest = text.slice(at + 1).replace(/^[\r\n]*/, "");
  const skipped = text.length - rest.length;
  if (position === 3) return rest === "" ? at : skipped;
  if (rest === "") return text.length;
  return rest.startsWith("=") ? skipped + 1 + (/^[\r\n]*/.exec(rest.slice(1))?.[0].length ?? 0) : skipped - 1;
}
