// The tables of conf/README.md, made from the schemas so that the two cannot drift apart.
import type { z } from "zod";
import { behind, keysOf, saidOf, typeWords } from "./introspect.ts";
import { AdminKeys, AgentKeys, HaproxyKeys, OverrideKeys, RecordKeys, RenderKeys, RootKeys } from "./schema/daemon.ts";
import { PoolKeys, TargetKeys } from "./schema/pool.ts";

/** Every section of a configuration file, by the name that README markers carry. */
export const SECTIONS: ReadonlyMap<string, z.ZodObject> = new Map<string, z.ZodObject>([
  ["top", RootKeys],
  ["admin", AdminKeys],
  ["agent", AgentKeys],
  ["pool", PoolKeys],
  ["target", TargetKeys],
  ["render", RenderKeys],
  ["record", RecordKeys],
  ["overrides", OverrideKeys],
  ["haproxy", HaproxyKeys],
]);

const HEAD = ["| key | type | default | meaning | example |", "|---|---|---|---|---|"];

/** A table with a row for each key; keys of a section inside are written `weight.by`. */
export const referenceTable = (schema: z.core.$ZodType): string => [...HEAD, ...rows(schema, "")].join("\n");

function rows(schema: z.core.$ZodType, prefix: string): readonly string[] {
  return [...keysOf(schema)].flatMap(([name, inner]) => {
    const { description, default: standard, example } = saidOf(inner);
    const cells = [`\`${prefix}${name}\``, typeOf(inner), standard, description, `\`${String(example)}\``];
    return [`| ${cells.map(cell).join(" | ")} |`, ...rows(inner, `${prefix}${name}.`)];
  });
}

/** The keys of a section inside have rows of their own: they are not listed twice. */
const typeOf = (schema: z.core.$ZodType): string =>
  behind(schema).some((one) => one._zod.def.type === "object") ? "section" : typeWords(schema);

const cell = (text: unknown): string => String(text ?? "").replaceAll("|", "\\|");

const MARKED = /(<!-- keys: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** A text in which every `<!-- keys: NAME -->` ... `<!-- end -->` holds the table of that section. */
export function withReference(text: string): string {
  return text.replace(MARKED, (_all, begin: string, name: string, end: string) => {
    const schema = SECTIONS.get(name);
    if (schema === undefined) throw new Error(`there is no section ${name}`);
    return `${begin}${referenceTable(schema)}\n${end}`;
  });
}
