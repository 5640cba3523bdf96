// What a YAML or JSON file comes to as keys.
import { describeError, RegistryError } from "../../errors.ts";

/** A parsed file. */
export type Tree = string | number | bigint | boolean | null | readonly Tree[] | { readonly [name: string]: Tree };

/**
 * Which YAML a file is written in: 1.2, or what confd reads (1.1, where `yes` is true and 0644 is octal, without
 * dates and base 60).
 */
export type Dialect = "1.2" | "confd";

const NOT_IN_CONFD: readonly string[] = ["intTime", "floatTime", "timestamp", "binary"];
/** A number that JSON.parse would round. */
const LONG_NUMBER = /[[,:\s]-?\d{16,}/;

/** The tree in a text: JSON at once, everything else as YAML. */
export async function parseTree(file: string, text: string, dialect: Dialect): Promise<Tree> {
  const json = parseJson(text);
  if (json !== undefined) return json;
  const { parse } = await import("yaml");
  try {
    if (dialect === "1.2") return parse(text, { intAsBigInt: true }) as Tree;
    return parse(text, {
      version: "1.1",
      intAsBigInt: true,
      customTags: (tags) =>
        tags.filter((tag) => typeof tag === "string" || !NOT_IN_CONFD.includes(nameOf(tag.tag, tag))),
    }) as Tree;
  } catch (error) {
    throw new RegistryError("refused", `${file} is no YAML or JSON: ${firstLine(describeError(error))}`, {
      cause: error,
    });
  }
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";

function nameOf(tag: string, { format }: { readonly format?: string }): string {
  const name = tag.replace("tag:yaml.org,2002:", "");
  return format === "TIME" ? `${name}Time` : name;
}

// YAML 1.2 holds all of JSON, and reading it as JSON is a hundred times faster.
function parseJson(text: string): Tree | undefined {
  if (!/^\s*[[{]/.test(text) || LONG_NUMBER.test(text)) return undefined;
  try {
    return JSON.parse(text) as Tree;
  } catch {
    return undefined;
  }
}

/** Every leaf of a tree with its path; lists count from 0. A null is empty, and to confd nothing at all. */
export function* leaves(tree: Tree, path: string, dialect: Dialect): Generator<[string, string]> {
  if (tree === null && dialect === "confd") return;
  if (tree === null) yield [path, ""];
  else if (typeof tree === "number") yield [path, decimal(tree)];
  else if (typeof tree !== "object") yield [path, String(tree)];
  else for (const [name, child] of Object.entries(tree)) yield* leaves(child, `${path}/${name}`, dialect);
}

/** A number without an exponent. */
function decimal(value: number): string {
  const text = String(value);
  const [, sign = "", whole = "", fraction = "", exponent] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  if (exponent === undefined) return text;
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return sign + digits.padEnd(point, "0");
}
