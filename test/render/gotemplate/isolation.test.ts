import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const FOLDER = fileURLToPath(new URL("../../../src/render/gotemplate", import.meta.url));
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

describe("the template engine", () => {
  it("imports nothing but its own folder", () => {
    expect(files.length).toBeGreaterThan(30);
    const imports = files.flatMap((name) => {
      const path = join(FOLDER, name);
      const from = [...readFileSync(path, "utf8").matchAll(/\bfrom "([^"]+)"|\bimport\("([^"]+)"\)/g)];
      return from.map(([, source = "", late]) =>
        (late ?? source).startsWith(".") ? resolve(dirname(path), source) : source,
      );
    });
    expect(imports.filter((path) => !path.startsWith(`${FOLDER}/`))).toEqual([]);
  });

  it("makes no code at run time", () => {
    const sources = files.map((name) => readFileSync(join(FOLDER, name), "utf8")).join("\n");
    expect(sources).not.toMatch(/\beval\(|new Function\b|node:vm|setPrototypeOf|__proto__/);
  });
});
