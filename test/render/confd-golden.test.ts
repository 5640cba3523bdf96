import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { FileReader } from "../../src/registry/file/reader.ts";
import { fetchEntries } from "../../src/render/source/fetch.ts";
import { rigOf } from "./pipeline/rig.ts";

const GOLDEN = fileURLToPath(new URL("../golden/confd/", import.meta.url));
const OLD = "what was there before\n";

const cases = readdirSync(GOLDEN).filter((name) => /^\d/.test(name));
const failing = cases.filter((name) => existsSync(`${GOLDEN}${name}/expected-error.txt`));

/** A case as a confd directory, its keys in a file, with an old file in place. */
function rigFor(name: string) {
  const read = (file: string): string => readFileSync(join(GOLDEN, name, file), "utf8");
  const rig = rigOf({
    "conf.d/resource.toml": read("resource.toml").replace(/^dest = "/m, 'dest = "{dir}/'),
    "templates/template.tmpl": read("template.tmpl"),
  });
  const dest = join(rig.dir, "haproxy.cfg");
  writeFileSync(dest, OLD);
  const reader = new FileReader({ paths: [join(GOLDEN, name, "keys.json")], accepts: () => true, dialect: "confd" });
  const round = () => rig.round({ entries: (paths, signal) => fetchEntries(reader, paths, signal) });
  return { rig, round, written: () => readFileSync(dest, "latin1") };
}

describe("a confd directory with the backend file", () => {
  it.each(cases.filter((name) => !failing.includes(name)))("writes what the real confd wrote: %s", async (name) => {
    const { round, written, rig } = rigFor(name);
    expect(await round()).toEqual([{ kind: "updated" }]);
    expect(written()).toBe(readFileSync(join(GOLDEN, name, "expected.cfg"), "latin1"));
    expect(await round()).toEqual([{ kind: "in sync" }]);
    expect(rig.names()).toEqual(["conf.d", "haproxy.cfg", "templates"]);
  });

  it.each(failing)("fails as the real confd did, and the old file stays: %s", async (name) => {
    const { round, written, rig } = rigFor(name);
    const [outcome] = await round();
    expect(outcome?.kind).toBe("failed");
    expect(written()).toBe(OLD);
    const [, words = ""] =
      /Oracle message: (?:.*?, )?(template: .*)/.exec(readFileSync(join(GOLDEN, name, "expected-error.txt"), "utf8")) ??
      [];
    expect(rig.log.join("\n")).toContain(words);
    expect(rig.names()).toEqual(["conf.d", "haproxy.cfg", "templates"]);
  });
});
