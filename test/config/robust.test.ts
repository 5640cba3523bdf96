import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadObject, loadText } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { fakes } from "./fakes.ts";

const WORDS = [
  "pools",
  "check",
  "type",
  "tcp",
  "exec",
  "targets",
  "source",
  "defaults",
  "every",
  "cron",
  "publish",
  "admin",
  "agent",
  "layout",
  "registries",
  "weight",
  "curve",
  "brake",
  "none",
  "1s",
  "50%",
  "a:1",
  "${env:X}",
  "{name}",
  "__proto__",
  "constructor",
];
const word = fc.oneof(fc.constantFrom(...WORDS), fc.string({ maxLength: 6 }));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    word,
    fc.integer(),
    fc.constantFrom(null, true, false, Number.NaN, Number.POSITIVE_INFINITY),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(word, tie("value"), { maxKeys: 4 }),
  ),
}));
const inPool = fc.dictionary(word, value, { maxKeys: 5 }).map((keys) => ({ pools: { web: keys }, defaults: keys }));

describe("whatever is configured", () => {
  it("comes to settings or to problems, never to an exception", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(value, inPool), async (config) => {
        const loaded = await loadObject(config, "random", fakes, { X: "x" });
        if ("problems" in loaded) expect(loaded.problems.length).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });

  it("every way to cut or garble the sample ends in words with a place", async () => {
    const text = readFileSync("test/fixtures/conf/sample.yaml", "utf8");
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 3 }), async (at, length, put) => {
        const loaded = await loadText(text.slice(0, at) + put + text.slice(at + length), "checkd.yaml", fakes, {
          CONSUL_HTTP_TOKEN: "t0ken",
        });
        if ("settings" in loaded) return;
        for (const problem of loaded.problems) expect(formatProblem(problem)).toMatch(/^checkd\.yaml:\d+:\d+: /);
        expect(loaded.problems.map(formatProblem).join()).not.toContain("t0ken");
      }),
      { numRuns: 100 },
    );
  });
});
