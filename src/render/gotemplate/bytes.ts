// Go strings are bytes. Here a Go string is a JavaScript string with one character for each byte ("byte string"), so that
// length, indexing, slicing and comparing mean what they mean in Go, and broken UTF-8 survives.

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** The code point that stands for what cannot be decoded. */
export const REPLACEMENT = 0xfffd;

const RAW_BYTES = /([\udc80-\udcff]+)/u;

/** Ordinary text as a byte string (UTF-8). A lone U+DC80 to U+DCFF stands for the byte that was no UTF-8. */
export function toBytes(text: string): string {
  if (!BEYOND_ASCII.test(text)) return text;
  if (!RAW_BYTES.test(text)) return Buffer.from(text, "utf8").toString("latin1");
  const bytesOf = (part: string, at: number): string =>
    Buffer.from(part, at % 2 === 0 ? "utf8" : "latin1").toString("latin1");
  return text.split(RAW_BYTES).map(bytesOf).join("");
}

/** A byte string as ordinary text; bytes that are no UTF-8 become U+FFFD. */
export function fromBytes(bytes: string): string {
  return BEYOND_ASCII.test(bytes) ? Buffer.from(bytes, "latin1").toString("utf8") : bytes;
}

/** True when every byte is below 0x80, so that bytes and runes are the same thing. */
export function isAscii(bytes: string): boolean {
  return !BEYOND_ASCII.test(bytes);
}

/** One decoded code point and the number of bytes it takes. */
export interface Rune {
  readonly code: number;
  readonly size: number;
}

const BROKEN: Rune = { code: REPLACEMENT, size: 1 };

function continuation(bytes: string, at: number): number {
  const byte = at < bytes.length ? bytes.charCodeAt(at) : 0;
  return (byte & 0xc0) === 0x80 ? byte & 0x3f : -1;
}

/** The rune that starts at `at` (which must be inside); what is no UTF-8 is U+FFFD of size 1. */
export function runeAt(bytes: string, at: number): Rune {
  const lead = bytes.charCodeAt(at);
  if (lead < 0x80) return { code: lead, size: 1 };
  const size = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
  if (size === 0) return BROKEN;
  let code = lead & (0x7f >> size);
  for (let i = 1; i < size; i++) {
    const part = continuation(bytes, at + i);
    if (part < 0) return BROKEN;
    code = (code << 6) | part;
  }
  const least = size === 2 ? 0x80 : size === 3 ? 0x800 : 0x10000;
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return BROKEN;
  return { code, size };
}

/** Calls `see` for each rune from the start, with its place and size in bytes. */
export function eachRune(bytes: string, see: (code: number, at: number, size: number) => void): void {
  for (let at = 0; at < bytes.length; ) {
    const { code, size } = runeAt(bytes, at);
    see(code, at, size);
    at += size;
  }
}

/** The number of runes, each broken byte counting as one. */
export function runeCount(bytes: string): number {
  if (isAscii(bytes)) return bytes.length;
  let count = 0;
  eachRune(bytes, () => {
    count++;
  });
  return count;
}

/** The UTF-8 bytes of a code point; what is none becomes U+FFFD. */
export function encodeRune(code: number): string {
  const valid = code >= 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
  return toBytes(String.fromCodePoint(valid ? code : REPLACEMENT));
}

/** The byte string with each broken byte replaced by U+FFFD. */
export function validUtf8(bytes: string): string {
  if (!fromBytes(bytes).includes("\ufffd")) return bytes;
  let valid = "";
  eachRune(bytes, (code) => {
    valid += encodeRune(code);
  });
  return valid;
}
