import { eachRune } from "../bytes.ts";
import { isPrint } from "../unicode.ts";

const HTML: ReadonlyMap<string, string> = new Map([
  ["\0", "\u00ef\u00bf\u00bd"],
  ['"', "&#34;"],
  ["'", "&#39;"],
  ["&", "&amp;"],
  ["<", "&lt;"],
  [">", "&gt;"],
]);

/** Text that means itself in HTML; NUL becomes U+FFFD. */
export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (char) => HTML.get(char) ?? char);
}

const JS_PLAIN: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["'", "\\'"],
  ['"', '\\"'],
]);

function escapeJsAscii(char: string): string {
  const plain = JS_PLAIN.get(char);
  if (plain !== undefined) return plain;
  const special = char < " " || "<>&=".includes(char);
  return special ? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}` : char;
}

/** Text that means itself inside a JavaScript string constant. */
export function escapeJs(text: string): string {
  let escaped = "";
  eachRune(text, (code, at, size) => {
    const bytes = text.slice(at, at + size);
    if (code < 0x80) escaped += escapeJsAscii(bytes);
    else escaped += isPrint(code) ? bytes : `\\u${code.toString(16).toUpperCase().padStart(4, "0")}`;
  });
  return escaped;
}

/** Text that means itself in the query of a URL; a space becomes a plus. */
export function escapeQuery(text: string): string {
  return text.replace(/[^A-Za-z0-9\-_.~]/g, (char) => {
    return char === " " ? "+" : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
  });
}
