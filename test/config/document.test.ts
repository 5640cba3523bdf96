import { describe, expect, it } from "vitest";
import { type Path, readDocument } from "../../src/config/document.ts";

describe("readDocument", () => {
  const text = "base: &base\n  fast: 1s\nweb:\n  <<: *base\n  list: [a, { b: 1 }]\n  'quo ted': x\nalias: *base\n";
  it.each<[Path, number, number]>([
    [["web"], 3, 1],
    [["web", "list"], 5, 3],
    [["web", "list", 0], 5, 10],
    [["web", "list", 1, "b"], 5, 15],
    [["web", "quo ted"], 6, 3],
    [["web", "fast"], 2, 3],
    [["alias", "fast"], 2, 3],
    [["web", "missing"], 3, 1],
    [["missing"], 1, 1],
    [[], 1, 1],
  ])("finds %j in line %d, column %d", (path, line, column) => {
    expect(readDocument(text).locate(path)).toEqual({ line, column });
  });

  it("unfolds anchors and merge keys", () => {
    expect(readDocument(text).value).toMatchObject({ web: { fast: "1s" }, alias: { fast: "1s" } });
  });

  it("reads JSON, a byte order mark and CRLF", () => {
    expect(readDocument('\uFEFF{\r\n  "a": [1, true, null]\r\n}\r\n').value).toEqual({ a: [1, true, null] });
  });

  it("goes on after a key that stands twice, so that other problems show too", () => {
    const { value, problems } = readDocument("a: 1\na: 2\nb: 3\n");
    expect(value).toEqual({ a: 2, b: 3 });
    expect(problems).toMatchObject([{ line: 2, column: 1, problem: "this key stands twice in the same section" }]);
  });

  it("keeps words that older YAML took for true or false", () => {
    expect(readDocument("a: yes\nb: off\n").value).toEqual({ a: "yes", b: "off" });
  });

  it("refuses a file that unfolds without end", () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(", ")}]`,
    );
    const { value, problems } = readDocument(`a0: &a0 [x, x]\n${levels.join("\n")}\n`);
    expect(value).toBeNull();
    expect(problems[0]?.problem).toMatch(/alias/i);
  });
});
