import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fewOpenFiles, openFilesLimit } from "../../src/cli/open-files.ts";
import type { Settings } from "../../src/config/settings.ts";
import { checkOf, poolOf, rig, settingsOf, target } from "../engine/rig.ts";

it("are as many as the system lets this process have", () => {
  expect(openFilesLimit()).toBeGreaterThan(64);
  expect(openFilesLimit("/nowhere/limits")).toBeNull();
  const dir = mkdtempSync(join(tmpdir(), "checkd-limits-"));
  const file = join(dir, "limits");
  writeFileSync(
    file,
    "Max processes  7  7  processes\nMax open files            1024                 4096                 files\n",
  );
  expect(openFilesLimit(file)).toBe(1024);
  rmSync(dir, { recursive: true });
});

it.each([
  ["nobody knows how many there are", 1, [], null, null],
  ["there are enough for a pool without agent", 2, [], 258, null],
  ["there are too few for it", 2, [], 257, /^only 257 files may be open at a time and 258 may be needed: .*ulimit -n/],
  ["a shared port is polled by many", 2, ["0.0.0.0:3300"], 770, /^only 770 files .* 771 may be needed/],
  ["there are enough for all", 2, ["0.0.0.0:3300"], 771, null],
])("are worth a word or not where %s", (_, targets, listen, limit, word) => {
  const { check } = rig({});
  const members = Array.from({ length: targets }, (_each, i) => target(`t${i}`));
  const settings = settingsOf(poolOf("a", { checks: [checkOf(check)], targets: members }));
  const polled: Settings = { ...settings, agent: { ...settings.agent, maxConnections: 4096, listen } };
  const said = fewOpenFiles(polled, limit);
  if (word === null) expect(said).toBeNull();
  else expect(said).toMatch(word);
});
