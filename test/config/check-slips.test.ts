import { expect, it } from "vitest";
import { checkers } from "../../checks/index.ts";
import { loadText } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";

const plugins = { checkers, sources: new Map(), outlets: new Map(), registries: new Map() };

it.each([
  ["timout", "timeout"],
  ["rize", "rise"],
  ["baner", "banner"],
])("a slip of the pen in a check, %s, is told with what was meant: %s", async (slip, meant) => {
  const text = `pools: {p: {check: {type: tcp, ${slip}: 1}, targets: {a: "127.0.0.1:1"}}}\n`;
  const loaded = await loadText(text, "checkd.yaml", plugins, {});
  const said = "problems" in loaded ? loaded.problems.map(formatProblem).join() : "";
  expect(said).toContain(`unknown key "${slip}" (did you mean "${meant}"?)`);
});
