import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeInPlace } from "../../../src/render/transaction/replace.ts";
import { stageFile, sweepStages } from "../../../src/render/transaction/stage.ts";
import { scratch } from "../pipeline/rig.ts";

const DEAD = String(2 ** 22 + 1).padStart(10, "0");
const HOUR_AGO = Date.now() / 1000 - 3600;

describe("writing into a file that cannot be replaced", () => {
  it.each([
    ["longer", "short", "much longer than before"],
    ["shorter", "much longer than before", "short"],
    ["as long", "aaaa", "bbbb"],
    ["empty", "something", ""],
    ["not empty any more", "", "something"],
  ])("leaves exactly the new bytes when they are %s", async (_, before, after) => {
    const file = join(scratch(), "f");
    writeFileSync(file, before);
    const { ino } = statSync(file);
    await writeInPlace(file, Buffer.from(after));
    expect(readFileSync(file, "utf8")).toBe(after);
    expect(statSync(file).ino).toBe(ino);
  });
});

describe("stage files", () => {
  it("have names of their own however many there are", async () => {
    const dest = join(scratch(), "f");
    const content = {
      bytes: Buffer.from("x"),
      mode: 0o600,
      uid: process.geteuid?.() ?? 0,
      gid: process.getegid?.() ?? 0,
    };
    const stages = await Promise.all(Array.from({ length: 50 }, () => stageFile(dest, content, false)));
    expect(new Set(stages.map(({ path }) => path)).size).toBe(50);
    await Promise.all(stages.map((stage) => stage.drop()));
    expect(readdirSync(join(dest, ".."))).toEqual([]);
  });

  it("of dead processes are swept after a while; those of others, of the living and kept ones stay", async () => {
    const dir = scratch();
    const own = String(process.pid).padStart(10, "0");
    const names = [`.f${DEAD}000000001`, `.f${own}000000002`, ".f0000000000000000003", `.g${DEAD}000000004`, ".f12"];
    for (const name of [...names, `.f${DEAD}000000005`]) writeFileSync(join(dir, name), "");
    for (const name of names) utimesSync(join(dir, name), HOUR_AGO, HOUR_AGO);
    await sweepStages(join(dir, "f"), Date.now());
    expect(readdirSync(dir).sort()).toEqual([...names.slice(1), `.f${DEAD}000000005`].sort());
  });
});
