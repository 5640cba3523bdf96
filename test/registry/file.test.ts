import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { FileReader } from "../../src/registry/file/reader.ts";
import { type Dialect, leaves, parseTree } from "../../src/registry/file/tree.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
const folder = (): string => {
  const dir = mkdtempSync(join(tmpdir(), "checkd-file-"));
  ends.push(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
};
const signal = new AbortController().signal;

describe("the keys in a text", () => {
  const keys = async (text: string, dialect: Dialect) =>
    Object.fromEntries(leaves(await parseTree("f", text, dialect), "", dialect));

  it.each([
    ["a word", "a: b", "b", "b"],
    ["yes", "a: yes", "yes", "true"],
    ["a number with a leading zero", "a: 0644", "644", "420"],
    ["minutes and seconds", "a: 12:30", "12:30", "12:30"],
    ["a date", "a: 2001-01-01", "2001-01-01", "2001-01-01"],
    ["a whole number as a fraction", "a: 1.0", "1", "1"],
    ["a large number", "a: 1e30", `1${"0".repeat(30)}`, `1${"0".repeat(30)}`],
    ["a small number", "a: 0.0000001", "0.0000001", "0.0000001"],
    ["a number longer than JavaScript's", "a: 12345678901234567890", "12345678901234567890", "12345678901234567890"],
    ["the same in JSON", '{"a": 12345678901234567890}', "12345678901234567890", "12345678901234567890"],
    ["a small number in JSON", '{"a": -2.5e-9}', "-0.0000000025", "-0.0000000025"],
    ["true", '{"a": true}', "true", "true"],
  ])("%s: as YAML 1.2, and as confd reads it", async (_, text, ours, confds) => {
    expect(await keys(text, "1.2")).toEqual({ "/a": ours });
    expect(await keys(text, "confd")).toEqual({ "/a": confds });
  });

  it("are none where there is nothing, to confd", async () => {
    for (const text of ["a:\nb: {c: ~}\n", '{"a": null, "b": {"c": null}}']) {
      expect(await keys(text, "1.2")).toEqual({ "/a": "", "/b/c": "" });
      expect(await keys(text, "confd")).toEqual({});
    }
  });

  it("are named by the path to them", async () => {
    expect(await keys("a: {b: [x, {c: 1}]}\n/d/e: f\n", "1.2")).toEqual({
      "/a/b/0": "x",
      "/a/b/1/c": "1",
      "//d/e": "f",
    });
  });

  it("are refused in one line when it is neither", async () => {
    await expect(parseTree("keys.yaml", "a: [", "confd")).rejects.toThrow(/^keys\.yaml is no YAML or JSON: [^\n]+$/);
  });

  it("are not looked for by the YAML library in JSON", async () => {
    const text = JSON.stringify(Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`/k/${i}`, String(i)])));
    const begun = performance.now();
    JSON.parse(text);
    const plain = performance.now() - begun;
    expect(await keys(text, "confd")).toMatchObject({ "//k/7": "7" });
    expect(performance.now() - begun).toBeLessThan(100 * plain + 500);
  });
});

describe("a folder of files", () => {
  it("is read with its folders, in order, as far as names are accepted; later files win", async () => {
    const dir = folder();
    mkdirSync(join(dir, "sub"));
    writeFileSync(join(dir, "b.yaml"), "x: from b\ny: 1\n");
    writeFileSync(join(dir, "a.yaml"), "x: from a\n");
    writeFileSync(join(dir, "sub/c.yaml"), "z: deep\n");
    writeFileSync(join(dir, "ignored.txt"), "x: ignored\n");
    const reader = new FileReader({ paths: [dir], accepts: (name) => name.endsWith(".yaml"), dialect: "1.2" });
    const { entries } = await reader.read("", null, signal);
    expect([...entries].map(([key, { value }]) => `${key}=${value}`).sort()).toEqual(["x=from b", "y=1", "z=deep"]);
  });

  it("is news when a file comes, is replaced or goes", async () => {
    const dir = folder();
    writeFileSync(join(dir, "a.json"), '{"a": 1}');
    const reader = new FileReader({ paths: [dir], accepts: (name) => name.endsWith(".json"), dialect: "confd" });
    ends.push(() => reader.close());
    let { revision } = await reader.read("", null, signal);
    const next = async (change: () => void) => {
      const waiting = reader.read("", revision, signal);
      await new Promise((done) => setTimeout(done, 50));
      change();
      const news = await waiting;
      revision = news.revision;
      return [...news.entries.keys()];
    };
    expect(await next(() => writeFileSync(join(dir, "b.json"), '{"b": 1}'))).toEqual(["a", "b"]);
    const replace = (): void => {
      writeFileSync(join(dir, "new"), '{"c": 1}');
      renameSync(join(dir, "new"), join(dir, "a.json"));
    };
    expect(await next(replace)).toEqual(["c", "b"]);
    expect(await next(() => rmSync(join(dir, "b.json")))).toEqual(["c"]);
  });

  it("says which file cannot be read", async () => {
    const reader = new FileReader({ paths: ["/nonexistent/keys.yaml"], accepts: () => true, dialect: "1.2" });
    await expect(reader.read("", null, signal)).rejects.toMatchObject({
      kind: "unreachable",
      message: expect.stringContaining("/nonexistent/keys.yaml cannot be read"),
    });
  });
});
