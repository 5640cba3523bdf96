import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkers } from "../../checks/index.ts";
import { sources } from "../../checks/sources/index.ts";
import { loadSettings } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { Plugins } from "../../src/contract.ts";
import { outlets } from "../../src/outlets/index.ts";
import { registries } from "../../src/registry/index.ts";
import { fakes } from "./fakes.ts";

// A kind that examples use and that is not built yet is checked against its description in the fakes.
const plugins: Plugins = {
  checkers: new Map([...fakes.checkers, ...checkers]),
  sources: new Map([...fakes.sources, ...sources]),
  outlets: new Map([...fakes.outlets, ...outlets]),
  registries,
};
const examples = readdirSync("conf").filter((file) => file.endsWith(".yaml"));

describe("every example", () => {
  it.each(examples)("conf/%s loads with the real plug-ins", async (file) => {
    const loaded = await loadSettings(`conf/${file}`, plugins, {});
    expect("problems" in loaded ? loaded.problems.map(formatProblem) : []).toEqual([]);
  });

  it.each(examples)("conf/%s begins with what it is for", (file) => {
    expect(readFileSync(`conf/${file}`, "utf8")).toMatch(/^# \S.{20,}/);
  });
});
