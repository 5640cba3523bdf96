import { eachRune, isAscii } from "../gotemplate/bytes.ts";
import { GoError } from "../gotemplate/error.ts";
import { asInt, asSlice, asText, type Func, func } from "../gotemplate/func.ts";
import type { Limits } from "../gotemplate/limits.ts";
import { INT, STRING, STRINGS } from "../gotemplate/type.ts";
import { toLower, toUpper } from "../gotemplate/unicode.ts";
import { strings } from "../gotemplate/value.ts";
import { basePath, dirPath } from "./go-path.ts";

function runesOf(text: string): string[] {
  const runes: string[] = [];
  eachRune(text, (_code, at, size) => {
    runes.push(text.slice(at, at + size));
  });
  return runes;
}

function split(text: string, separator: string): string[] {
  return separator === "" && !isAscii(text) ? runesOf(text) : text.split(separator);
}

function tooLong({ maxBytes }: Limits): never {
  throw new GoError(`text is longer than ${maxBytes} bytes`);
}

function join(items: readonly string[], separator: string, limits: Limits): string {
  const length = items.reduce((sum, item) => sum + item.length + separator.length, 0);
  return length > limits.maxBytes + separator.length ? tooLong(limits) : items.join(separator);
}

// An empty old text is found before each rune and at the end.
function replace(text: string, old: string, fresh: string, count: bigint, limits: Limits): string {
  const parts = old === "" ? ["", ...split(text, "")] : text.split(old);
  if (old === "") parts.push("");
  const found = parts.length - 1;
  const times = count < 0n || count > BigInt(found) ? found : Number(count);
  if (text.length + times * fresh.length > limits.maxBytes) tooLong(limits);
  const replaced = parts.slice(0, times).map((part) => part + fresh);
  return replaced.join("") + parts.slice(times).join(old);
}

function trimSuffix(text: string, suffix: string): string {
  return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
}

/** Functions on paths and text. */
export function textFunctions(): [string, Func][] {
  const dir = func([STRING], ([path]) => dirPath(asText(path)));
  return [
    ["base", func([STRING], ([path]) => basePath(asText(path)))],
    ["dir", dir],
    ["parent", dir],
    ["split", func([STRING, STRING], ([text, separator]) => strings(split(asText(text), asText(separator))))],
    [
      "join",
      func([STRINGS, STRING], ([list, by], limits) => join(asSlice(list).items().map(asText), asText(by), limits)),
    ],
    ["toUpper", func([STRING], ([text]) => toUpper(asText(text)))],
    ["toLower", func([STRING], ([text]) => toLower(asText(text)))],
    ["contains", func([STRING, STRING], ([text, part]) => asText(text).includes(asText(part)))],
    ["trimSuffix", func([STRING, STRING], ([text, suffix]) => trimSuffix(asText(text), asText(suffix)))],
    [
      "replace",
      func([STRING, STRING, STRING, INT], ([text, old, fresh, count], limits) =>
        replace(asText(text), asText(old), asText(fresh), asInt(count), limits),
      ),
    ],
  ];
}
