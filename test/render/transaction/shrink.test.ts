import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { judgeShrink } from "../../../src/render/transaction/shrink.ts";
import { keysMemory } from "../../../src/render/transaction/shrink-memory.ts";
import { createFakeClock } from "../../engine/fake-clock.ts";
import { rigOf, scratch } from "../pipeline/rig.ts";

const GUARD = { share: 0.8, forMs: 600_000 };
const NOW = 1_000_000;

describe("keys that vanish", () => {
  it.each([
    ["grow", 10, 12, true],
    ["stay", 10, 10, true],
    ["half are gone", 2, 1, true],
    ["most are gone", 10, 2, true],
    ["nearly all are gone", 10, 1, false],
    ["a huge list shrinks to nearly nothing", 60_000, 3, false],
    ["the only one is gone", 1, 0, false],
    ["all are gone", 10, 0, false],
    ["there were none before", 0, 0, true],
  ])("%s: %i, then %i, taken: %s", (_, before, after, take) => {
    expect(judgeShrink({ keys: before, shrunkSince: null }, after, GUARD, NOW).take).toBe(take);
  });

  it("are believed after a while, unless none is left", () => {
    const held = judgeShrink({ keys: 10, shrunkSince: null }, 1, GUARD, NOW);
    expect(held).toMatchObject({ take: false, until: NOW + 600_000, why: "of 10 keys 1 are left" });
    expect(judgeShrink(held.known, 1, GUARD, NOW + 599_999).take).toBe(false);
    expect(judgeShrink(held.known, 1, GUARD, NOW + 600_000).take).toBe(true);
    expect(judgeShrink(held.known, 0, GUARD, NOW + 6_000_000)).toMatchObject({ take: false, until: null });
    expect(judgeShrink(held.known, 9, GUARD, NOW + 1)).toEqual({ take: true, known: { keys: 9, shrunkSince: null } });
  });

  it("count for nothing where nothing is known, or the guard is off", () => {
    expect(judgeShrink(null, 0, GUARD, NOW).take).toBe(true);
    expect(judgeShrink({ keys: 10, shrunkSince: null }, 0, null, NOW).take).toBe(true);
  });
});

const toml = (more = "") => `[template]\nsrc = "t"\ndest = "{dir}/out.cfg"\nkeys = ["/app"]\n${more}\n`;
const files = (more = "") => ({
  "conf.d/a.toml": toml(more),
  "templates/t": '{{range gets "/app/*"}}{{.Value}}\n{{end}}',
});
const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`/app/${i}`, String(i)]));
const read = (dir: string): string => readFileSync(join(dir, "out.cfg"), "utf8");

describe("a registry that is suddenly (nearly) empty", () => {
  it("does not empty the file; one key fewer is nothing special", async () => {
    const clock = createFakeClock();
    const rig = rigOf(files(), many, { clock });
    await rig.round();
    const full = read(rig.dir);
    rig.keys = {};
    expect(await rig.round()).toEqual([{ kind: "held", until: null }]);
    expect(rig.log.filter((line) => line.startsWith("WARNING"))).toEqual([
      `WARNING ${rig.dir}/out.cfg stays as it is: all 20 keys are gone. It stays until there are keys again, or with shrink_guard = "off"`,
    ]);
    await rig.round();
    expect(rig.log.filter((line) => line.startsWith("WARNING"))).toEqual([]);
    expect(read(rig.dir)).toBe(full);
    const { "/app/3": _, ...fewer } = many;
    rig.keys = fewer;
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    rig.keys = { "/app/1": "1" };
    expect(await rig.round()).toEqual([{ kind: "held", until: clock.wall() + 600_000 }]);
    await clock.advance(600_000);
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(read(rig.dir)).toBe("1\n");
  });

  it("empties it where the resource says so", async () => {
    const rig = rigOf(files('shrink_guard = "off"'), many);
    await rig.round();
    rig.keys = {};
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(read(rig.dir)).toBe("");
  });

  it("is no matter at the first render, nor for a resource without keys", async () => {
    const rig = rigOf({ ...files(), "conf.d/b.toml": toml().replace("/app", "").replace("out.cfg", "two.cfg") }, {});
    writeFileSync(join(rig.dir, "out.cfg"), "from somebody else");
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["updated", "updated"]);
  });
});

describe("what is remembered over a restart", () => {
  const withMemory = () => {
    const rig = rigOf(files(), many);
    const failures: unknown[] = [];
    const memory = keysMemory(join(scratch(), "state/render"), (error) => failures.push(error));
    return { rig, failures, round: () => rig.round({ memory }) };
  };

  it("keeps a file full for a program that is started each time", async () => {
    const { rig, round, failures } = withMemory();
    await round();
    const full = read(rig.dir);
    rig.restart();
    await round();
    rig.keys = {};
    for (let run = 0; run < 2; run++) {
      rig.restart();
      expect(await round()).toEqual([{ kind: "held", until: null }]);
      expect(rig.log.filter((line) => line.startsWith("WARNING"))).toHaveLength(1);
    }
    expect(read(rig.dir)).toBe(full);
    expect(failures).toEqual([]);
  });

  it.each([
    ["the file was changed by others", (dir: string) => writeFileSync(join(dir, "out.cfg"), "mine")],
    ["the template is another one", (dir: string) => writeFileSync(join(dir, "templates/t"), "nothing")],
    [
      "the resource is another one",
      (dir: string) => writeFileSync(join(dir, "conf.d/a.toml"), `${toml().replace("{dir}", dir)}mode = "0600"\n`),
    ],
  ])("says nothing when %s", async (_, change) => {
    const { rig, round } = withMemory();
    await round();
    change(rig.dir);
    rig.restart();
    rig.keys = {};
    expect(await round()).toEqual([{ kind: "updated" }]);
  });

  it("is done without where its folder cannot be made", async () => {
    const rig = rigOf(files(), many);
    const failures: unknown[] = [];
    const memory = keysMemory(join(rig.dir, "conf.d/a.toml/below-a-file"), (error) => failures.push(error));
    expect(await rig.round({ memory })).toEqual([{ kind: "updated" }]);
    expect(failures).toHaveLength(1);
  });
});
