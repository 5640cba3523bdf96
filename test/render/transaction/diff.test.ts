import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { unifiedDiff } from "../../../src/render/transaction/diff.ts";
import { scratch } from "../pipeline/rig.ts";

const text = fc
  .tuple(fc.array(fc.constantFrom("a", "b", "c", "d", "listen x", ""), { maxLength: 25 }), fc.boolean())
  .map(([lines, ended]) => lines.join("\n") + (ended && lines.length > 0 ? "\n" : ""));

const changed = (line: string): boolean => /^[+-]/.test(line);

/** What a text becomes by a diff; the places of the hunks must be right. */
function patched(before: string, diff: string): string {
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const made: string[] = [];
  let at = 0;
  const lines = diff.split("\n").slice(2, -1);
  for (const [i, line] of lines.entries()) {
    const [, start, count] = /^@@ -(\d+)(?:,(\d+))? /.exec(line) ?? [];
    if (start !== undefined) {
      const next = Number(start) - (count === "0" ? 0 : 1);
      made.push(...old.slice(at, next));
      at = next;
      continue;
    }
    const end = lines[i + 1]?.startsWith("\\") ? "" : "\n";
    if (line.startsWith(" ") || line.startsWith("-")) expect(old[at++]).toBe(`${line.slice(1)}${end}`);
    if (line.startsWith(" ") || line.startsWith("+")) made.push(`${line.slice(1)}${end}`);
  }
  return [...made, ...old.slice(at)].join("");
}

describe("a unified diff", () => {
  it("is what diff -u says", () => {
    const dir = scratch();
    const [before, after] = [join(dir, "a"), join(dir, "b")];
    fc.assert(
      fc.property(text, text, (a, b) => {
        writeFileSync(before, a);
        writeFileSync(after, b);
        const theirs = spawnSync("diff", ["-u", "--minimal", before, after], { encoding: "utf8" }).stdout;
        const ours = unifiedDiff(a, b, "a", "b");
        expect(ours.split("\n").filter(changed).length).toBe(theirs.split("\n").filter(changed).length);
        expect(ours === "").toBe(a === b);
      }),
      { numRuns: 30 },
    );
  });

  it("turns one text into the other", () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(a === b ? b : patched(a, unifiedDiff(a, b, "a", "b"))).toBe(b);
      }),
    );
  });

  it("of files that have nothing in common is quick", () => {
    const lines = (mark: string): string => Array.from({ length: 40_000 }, (_, i) => `${mark}${i}\n`).join("");
    const diff = unifiedDiff(`same\n${lines("a")}end\n`, `same\n${lines("b")}end\n`, "a", "b");
    expect(diff.split("\n").filter(changed)).toHaveLength(80_002);
  });
});
