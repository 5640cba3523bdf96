import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { processClock } from "../../src/cli/environment.ts";
import { renderFaults } from "../../src/cli/render-faults.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { RenderSettings } from "../../src/config/settings.ts";
import { DEFAULT_RULES } from "../../src/render/resource/resource.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "checkd-faults-"));
  for (const folder of ["conf.d", "templates"]) mkdirSync(join(dir, folder));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const place = { file: "checkd.yaml", line: 2, column: 12, path: "render[0].confdir" };

const faults = (): readonly string[] => {
  const rest = { registry: "main", prefix: "", watch: true, intervalMs: 600_000, key: "" };
  const settings: RenderSettings = { place, confdir: dir, ...rest, rules: DEFAULT_RULES };
  const found = renderFaults(
    settings,
    processClock(() => {}),
  );
  return found.map(formatProblem);
};

function resource(lines: string, template: string | null): void {
  writeFileSync(join(dir, "conf.d", "a.toml"), `[template]\nsrc = "a.tmpl"\nkeys = ["/a"]\n${lines}\n`);
  if (template !== null) writeFileSync(join(dir, "templates", "a.tmpl"), template);
}

it.each([
  ["nothing", 'dest = "/tmp/x"', '{{range gets "/a/*"}}{{.Value}}{{end}}', []],
  [
    "a resource without dest",
    'dst = "/tmp/x"',
    "text",
    [/^checkd\.yaml:2:12: render\[0\]\.confdir: .*conf\.d\/a\.toml has no dest$/],
  ],
  [
    "a template that is not there",
    'dest = "/tmp/x"',
    null,
    [/^checkd\.yaml:2:12: render\[0\]\.confdir: Missing template: .*templates\/a\.tmpl: ENOENT/],
  ],
  ["an unknown function", 'dest = "/tmp/x"', "\n{{nofunc}}", [/template: a\.tmpl:2: function "nofunc" not defined/]],
  ["a block without its end", 'dest = "/tmp/x"', '{{range gets "/a/*"}}', [/template: a\.tmpl:1: unexpected EOF/]],
])("finds %s wrong before there are keys", (_, lines, template, expected) => {
  resource(lines, template);
  expect(faults()).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
});

it("leaves a directory that is not there yet alone, as confd does", () => {
  rmSync(dir, { recursive: true });
  expect(faults()).toEqual([]);
});
