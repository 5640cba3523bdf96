import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkers } from "../../checks/index.ts";
import { sources } from "../../checks/sources/index.ts";
import { importDbconfText } from "../../src/config/import/dbconf.ts";
import { importXinetd } from "../../src/config/import/xinetd.ts";
import { loadSettings, loadText } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { Plugins } from "../../src/contract.ts";
import { outlets } from "../../src/outlets/index.ts";
import { registries } from "../../src/registry/index.ts";

const plugins: Plugins = { checkers, sources, outlets, registries };
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

describe("with the real plug-ins", () => {
  const problems = async (yaml: string, folder: string) => {
    const loaded = await loadText(yaml, `${folder}/checkd.yaml`, plugins, {});
    return "problems" in loaded ? loaded.problems.map(formatProblem) : [];
  };

  it("the first file of the reference loads", async () => {
    const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(readFileSync("conf/README.md", "utf8")) ?? [];
    expect(yaml).toContain("p80");
    expect(await problems(yaml, "conf")).toEqual([]);
  });

  it("what the imports print loads", async () => {
    const folder = "test/fixtures/conf";
    const path = `${folder}/db.conf`;
    for (const result of [
      importXinetd(`${folder}/xinetd`),
      importDbconfText(readFileSync(path, "utf8"), path, { tags: "all" }),
    ]) {
      if ("problems" in result) throw new Error(result.problems.map(formatProblem).join("\n"));
      expect(await problems(result.imported.yaml, folder)).toEqual([]);
    }
  });
});
