import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadSettings } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { fakes } from "./fakes.ts";

const FOLDER = "test/fixtures/conf";
const broken = readdirSync(FOLDER).filter((file) => /^invalid-.*\.yaml$/.test(file));

describe("a broken configuration", () => {
  it("has a fixture for each of more than forty reasons", () => {
    expect(broken.length).toBeGreaterThan(40);
  });

  it.each(broken)("%s is refused with exactly these words", async (file) => {
    const loaded = await loadSettings(`${FOLDER}/${file}`, fakes, {});
    const said =
      "problems" in loaded ? loaded.problems.map((problem) => `${formatProblem(problem)}\n`).join("") : "it loads";
    expect(said).toBe(readFileSync(`${FOLDER}/${file.replace(/\.yaml$/, ".txt")}`, "utf8"));
  });

  it("that is not there says how to name one", async () => {
    const loaded = await loadSettings("no/such.yaml", fakes, {});
    expect("problems" in loaded && loaded.problems.map(formatProblem)).toEqual([
      "no/such.yaml: there is no such file (name one with --conf)",
    ]);
  });

  it("that is a folder says so", async () => {
    const loaded = await loadSettings(FOLDER, fakes, {});
    expect("problems" in loaded && loaded.problems[0]?.problem).toMatch(/^cannot be read: EISDIR/);
  });
});
