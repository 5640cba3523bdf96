import { isUtf8 } from "node:buffer";

/**
 * Text of a value. Bytes that are no UTF-8 become U+DC80 to U+DCFF, which no UTF-8 makes, so that who writes the value
 * into a file can put them back.
 */
export function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  return text.includes("\ufffd") && !isUtf8(bytes) ? escaped(bytes) : text;
}

function escaped(bytes: Buffer): string {
  let text = "";
  let from = 0;
  for (let at = 0; at < bytes.length; ) {
    const size = sizeAt(bytes, at);
    if (size === 0) {
      text += bytes.toString("utf8", from, at) + String.fromCharCode(0xdc00 + bytes.readUInt8(at));
      from = at + 1;
    }
    at += size || 1;
  }
  return text + bytes.toString("utf8", from);
}

/** Bytes of the character that begins here; 0 when none does. */
function sizeAt(bytes: Buffer, at: number): number {
  const lead = bytes.readUInt8(at);
  const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return isUtf8(bytes.subarray(at, at + size)) ? size : 0;
}
