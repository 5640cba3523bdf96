import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse as parseToml } from "smol-toml";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { cleanPath } from "../../../src/render/functions/go-path.ts";
import { confdTemplate } from "./rendering.ts";

const GOLDEN = fileURLToPath(new URL("../../golden/confd/", import.meta.url));
const Resource = z.object({ template: z.object({ keys: z.array(z.string()), prefix: z.string().default("/") }) });
const Store = z.record(z.string(), z.string());

function read(name: string, file: string): string {
  return readFileSync(`${GOLDEN}${name}/${file}`, "utf8");
}

// The keys a resource sees, under the names it sees them by.
function visible(name: string): Record<string, string> {
  const { template } = Resource.parse(parseToml(read(name, "resource.toml")));
  const prefix = cleanPath(`/${template.prefix}`);
  const roots = template.keys.map((key) => cleanPath(`${prefix}/${key}`));
  const entries = Object.entries(Store.parse(JSON.parse(read(name, "keys.json"))));
  return Object.fromEntries(
    entries
      .filter(([key]) => roots.some((root) => root === "/" || key === root || key.startsWith(`${root}/`)))
      .map(([key, value]) => [cleanPath(`/${key.startsWith(prefix) ? key.slice(prefix.length) : key}`), value]),
  );
}

function rendered(name: string): string {
  const template = confdTemplate(read(name, "template.tmpl"), visible(name), {}, "template.tmpl");
  return template.execute(undefined).toString("latin1");
}

const cases = readdirSync(GOLDEN).filter((name) => /^\d/.test(name));
const failing = cases.filter((name) => existsSync(`${GOLDEN}${name}/expected-error.txt`));

describe("what the real confd wrote", () => {
  it("is there to be compared with", () => {
    expect(cases.length).toBeGreaterThanOrEqual(40);
    expect(failing.length).toBeGreaterThanOrEqual(5);
  });

  it.each(cases.filter((name) => !failing.includes(name)))("is written byte for byte: %s", (name) => {
    expect(rendered(name)).toBe(readFileSync(`${GOLDEN}${name}/expected.cfg`, "latin1"));
  });

  it.each(failing)("fails in the same words: %s", (name) => {
    const [, , words] = /Oracle message: (.*?, )?(template: .*)/.exec(read(name, "expected-error.txt")) ?? [];
    expect(words).toBeDefined();
    expect(() => rendered(name)).toThrowError(expect.objectContaining({ message: words }));
  });
});
