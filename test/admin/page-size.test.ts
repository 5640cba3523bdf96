import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildPage } from "../../scripts/page.mjs";
import { ROOT } from "../../scripts/steps.mjs";

const folder = mkdtempSync(join(tmpdir(), "checkd-page-"));
let files: ReadonlyMap<string, string>;
beforeAll(async () => {
  await buildPage(ROOT, folder);
  files = new Map(
    readdirSync(folder)
      .filter((name) => /\.(js|css)$/.test(name))
      .map((name) => [name, readFileSync(join(folder, name), "utf8")]),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const packed = (wanted: RegExp): number =>
  [...files].filter(([name]) => wanted.test(name)).reduce((sum, [, text]) => sum + gzipSync(text).length, 0);

describe("what the browser loads", () => {
  it("is at most 60 kB compressed, all scripts and styles together", () => {
    expect(packed(/./)).toBeGreaterThan(10_000);
    expect(packed(/./)).toBeLessThanOrEqual(60_000);
  });

  it("has the plot in a part of its own, which the overview does not load", () => {
    expect(packed(/^plot-/)).toBeGreaterThan(15_000);
    expect(packed(/^(?!plot-)/)).toBeLessThanOrEqual(30_000);
    const { script } = JSON.parse(readFileSync(join(folder, "assets.json"), "utf8")) as { script: string };
    expect(files.get(script)).toMatch(/import\("\.\/plot-\w+\.js"\)/);
    expect(files.get(script)).not.toMatch(/from"\.\/plot-/);
  });

  it("names no address of elsewhere", () => {
    const addresses = [...files.values()].flatMap((text) => text.match(/https?:\/\/[\w.-]+/g) ?? []);
    expect([...new Set(addresses)].filter((address) => address !== "http://www.w3.org")).toEqual([]);
    expect([...files].filter(([name, text]) => name.endsWith(".css") && /url\(|@import/.test(text))).toEqual([]);
  });

  it("evaluates no text: the policy forbids it", () => {
    expect([...files.values()].filter((text) => /\beval\(|new Function\(/.test(text))).toEqual([]);
  });
});
