import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { z } from "zod";
import { behind, keysOf, saidOf, typeWords } from "../../src/config/introspect.ts";
import { referenceTable, SECTIONS, withReference } from "../../src/config/reference.ts";
import { DAEMON_DEFAULTS, POOL_DEFAULTS } from "../../src/config/schema/defaults.ts";
import { DefaultsKeys, PoolKeys } from "../../src/config/schema/pool.ts";

const README = "conf/README.md";
// UPDATE_REFERENCE=1 npx vitest run test/config/reference.test.ts writes the tables anew.
if (process.env.UPDATE_REFERENCE !== undefined) writeFileSync(README, withReference(readFileSync(README, "utf8")));
const readme = readFileSync(README, "utf8");

const rowsOf = (schema: z.core.$ZodType, prefix: string): readonly (readonly [string, z.core.$ZodType])[] =>
  [...keysOf(schema)].flatMap(([name, inner]) => [
    [`${prefix}${name}`, inner] as const,
    ...rowsOf(inner, `${prefix}${name}.`),
  ]);
const all = [...SECTIONS].flatMap(([section, schema]) => rowsOf(schema, `${section}.`));

describe("the reference in conf/README.md", () => {
  it("holds the tables of the schemas as they are", () => {
    expect(withReference(readme)).toBe(readme);
  });

  it.each([...SECTIONS.keys()])("has a table of section %s", (name) => {
    expect(readme).toContain(`<!-- keys: ${name} -->`);
  });

  it.each(all)("says of %s what it means, its type, its default and an example", (_path, schema) => {
    const { description, default: standard, example } = saidOf(schema);
    expect(String(description ?? "").length).toBeGreaterThan(10);
    expect(standard).toEqual(expect.any(String));
    expect(String(example ?? "")).not.toBe("");
    expect(typeWords(schema)).not.toBe("any value");
  });

  it("names every example of the folder, and only files that are there", () => {
    for (const file of readdirSync("conf").filter((name) => name.endsWith(".yaml")))
      expect(readme).toContain(`(${file})`);
    for (const [, link = ""] of readme.matchAll(/\]\(([\w-]+\.yaml)\)/g)) expect(existsSync(`conf/${link}`)).toBe(true);
  });

  it("refuses a marker of a section that there is not", () => {
    expect(() => withReference("<!-- keys: nothing -->\n<!-- end -->")).toThrow("there is no section nothing");
  });
});

describe("defaults", () => {
  it("that are built in are those that the tables show", () => {
    const shown = (schema: z.core.$ZodType, key: string) => saidOf(keysOf(schema).get(key) ?? schema).default;
    const { weight_step, brake, damping, shrink_guard, fast, ...plain } = POOL_DEFAULTS;
    for (const [key, value] of Object.entries(plain)) expect(shown(PoolKeys, key), key).toBe(String(value));
    for (const [section, values] of Object.entries({ brake, damping, shrink_guard, weight: { step: weight_step } }))
      for (const [key, value] of Object.entries(values))
        expect(shown(keysOf(PoolKeys).get(section) ?? PoolKeys, key), `${section}.${key}`).toBe(String(value));
    expect(shown(PoolKeys, "fast")).toContain(fast);
    for (const [section, values] of Object.entries(DAEMON_DEFAULTS))
      for (const [key, value] of Object.entries(values))
        expect(shown(SECTIONS.get(section) ?? PoolKeys, key), `${section}.${key}`).toBe(String(value));
  });

  it("of a file may hold every key of a pool but its targets", () => {
    const left = [...keysOf(PoolKeys).keys()].filter((key) => !keysOf(DefaultsKeys).has(key));
    expect(left).toEqual(["targets", "source"]);
  });
});

describe("a table", () => {
  it("escapes what would end a cell", () => {
    for (const line of referenceTable(PoolKeys).split("\n")) expect(line.split(/(?<!\\)\|/)).toHaveLength(7);
  });

  it("opens optional sections to their keys", () => {
    const weight = keysOf(PoolKeys).get("weight");
    expect(weight && behind(weight)).toHaveLength(1);
    expect(weight && [...keysOf(weight).keys()]).toEqual(["by", "curve", "step"]);
  });
});
