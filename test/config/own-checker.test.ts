import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadText } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import { fakes } from "./fakes.ts";

const folder = mkdtempSync(join(tmpdir(), "checkd-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A checker without a library: all that counts is its shape. */
const module = (name: string, as: string) => `
const options = { _zod: { def: { type: "unknown" } }, safeParse: (data) => ({ success: true, data }) };
${as} { name: "${name}", summary: "", options, facts: { lag: "" }, create: () => ({}) };
`;
function put(path: string, text: string): void {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

async function loadType(type: string) {
  const text = `pools:\n  db:\n    check: { type: "${type}", x: 1 }\n    targets: { a: "h:1" }\n    haproxy_weight: 100\n    weight: { by: lag, curve: { 0: 100 } }\n`;
  const loaded = await loadText(text, join(folder, "checkd.yaml"), fakes, {});
  if ("problems" in loaded)
    return loaded.problems.map((problem) => formatProblem(problem).replaceAll(`${folder}/`, ""));
  const check = loaded.settings.pools[0]?.checks[0];
  return [check?.kind.name, check?.options];
}

describe("a checker of one's own", () => {
  it.each([
    ["./postgres.js", "postgres.js", "export const checker ="],
    ["./default.mjs", "default.mjs", "export default"],
    ["checks/deep.js", "checks/deep.js", "export const checker ="],
  ])("is found as %s beside the configuration", async (type, path, as) => {
    put("package.json", '{ "type": "module" }');
    put(path, module("mine", as));
    expect(await loadType(type)).toEqual(["mine", { x: 1 }]);
  });

  it("is found by its absolute path", async () => {
    put("abs.mjs", module("abs", "export const checker ="));
    expect(await loadType(join(folder, "abs.mjs"))).toEqual(["abs", { x: 1 }]);
  });

  it.each([
    ["checkd-one", { exports: { ".": { import: "./lib/main.js" } } }, "lib/main.js"],
    ["checkd-two", { exports: "./main.js" }, "main.js"],
    ["@me/checkd-three", { exports: { import: { types: "./x.d.ts", default: "./m.js" } } }, "m.js"],
    ["checkd-four", { main: "old.js" }, "old.js"],
    ["checkd-five", {}, "index.js"],
  ])("is found as package %s", async (name, about, entry) => {
    put(`node_modules/${name}/package.json`, JSON.stringify({ name, type: "module", ...about }));
    put(`node_modules/${name}/${entry}`, module(name, "export const checker ="));
    expect(await loadType(name)).toEqual([name, { x: 1 }]);
  });

  it("that is almost a known type is taken for a slip", async () => {
    expect(await loadType("tpc")).toEqual([
      'checkd.yaml:3:14: pools.db.check.type: unknown check type "tpc" (did you mean "tcp"?)',
    ]);
  });

  it("without a create function is no checker", async () => {
    put("half.mjs", 'export const checker = { name: "half", options: { safeParse() {} }, facts: {} };');
    expect(await loadType("./half.mjs")).toEqual([
      "checkd.yaml:3:14: pools.db.check.type: ./half.mjs exports no checker (export const checker = defineChecker({ ... }))",
    ]);
  });
});
