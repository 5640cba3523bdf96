import { createHash } from "node:crypto";
import { linkSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Owed } from "../../../src/render/transaction/owed.ts";
import { rigOf } from "../pipeline/rig.ts";

const md5 = (text: string): string => createHash("md5").update(text).digest("hex");
/** No process has this number: Linux ends at 2^22. */
const DEAD = 2 ** 22 + 1;
const NEW = "value 2\n";
const OLD = "value 1\n";

/** A confd directory as a checkd left it that was killed at some instant. */
function leftBehind(dest: string, owed: Partial<Owed> | string, previous: string | null, reload = "true") {
  const rig = rigOf(
    {
      "conf.d/a.toml": `[template]\nsrc = "t"\ndest = "{dir}/out.cfg"\nkeys = ["/v"]\nreload_cmd = '''cat {dir}/out.cfg >> {dir}/reloads; ${reload}'''\n`,
      "templates/t": 'value {{getv "/v"}}\n',
      "out.cfg": dest,
    },
    { "/v": "2" },
  );
  const marker = { pid: DEAD, md5s: [md5(NEW)], previous: previous !== null, inPlace: false };
  const text = typeof owed === "string" ? owed : JSON.stringify({ ...marker, ...owed });
  writeFileSync(join(rig.dir, ".out.cfg.checkd-reload"), text);
  if (previous !== null) writeFileSync(join(rig.dir, ".out.cfg.checkd-previous"), previous);
  const read = (name: string): string => {
    try {
      return readFileSync(join(rig.dir, name), "utf8");
    } catch {
      return "";
    }
  };
  return { rig, dest: () => read("out.cfg"), reloads: () => read("reloads") };
}

const hidden = (names: readonly string[]): readonly string[] => names.filter((name) => name.startsWith("."));

describe("after a checkd that was killed", () => {
  it("between the new file and its reload, the reload is made up for, also while the registry is away", async () => {
    const { rig, dest, reloads } = leftBehind(NEW, {}, OLD);
    rig.broken = new Error("away");
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["failed"]);
    expect(dest()).toBe(NEW);
    expect(reloads()).toBe(NEW);
    expect(rig.log[0]).toBe(`WARNING ${rig.dir}/out.cfg: replaced, but not known to be reloaded; reloading`);
    expect(hidden(rig.names())).toEqual([]);
  });

  it("and whose file is refused now, the file before it comes back", async () => {
    const { rig, dest, reloads } = leftBehind(NEW, {}, OLD, "grep -q 1 {dir}/out.cfg");
    rig.broken = new Error("away");
    await rig.round();
    expect(dest()).toBe(OLD);
    expect(reloads()).toBe(NEW + OLD);
    expect(hidden(rig.names())).toEqual([]);
  });

  it("before the new file was in place, nothing is owed", async () => {
    const { rig, dest, reloads } = leftBehind(OLD, {}, null);
    linkSync(join(rig.dir, "out.cfg"), join(rig.dir, ".out.cfg.checkd-previous"));
    rig.broken = new Error("away");
    await rig.round();
    expect(dest()).toBe(OLD);
    expect(reloads()).toBe("");
    expect(hidden(rig.names())).toEqual([]);
  });

  it("while it went back, the old file is reloaded", async () => {
    const { rig, dest, reloads } = leftBehind(OLD, { md5s: [md5(NEW), md5(OLD)] }, OLD);
    rig.broken = new Error("away");
    await rig.round();
    expect(dest()).toBe(OLD);
    expect(reloads()).toBe(OLD);
    expect(hidden(rig.names())).toEqual([]);
  });

  it("in the middle of writing into a mounted file, the copy is put back", async () => {
    const { rig, dest, reloads } = leftBehind("val", { inPlace: true }, OLD);
    rig.broken = new Error("away");
    await rig.round();
    expect(dest()).toBe(OLD);
    expect(reloads()).toBe("");
    expect(hidden(rig.names())).toEqual([]);
  });

  it("and a file that somebody edited since is left alone", async () => {
    const { rig, dest, reloads } = leftBehind("edited\n", {}, OLD);
    rig.broken = new Error("away");
    await rig.round();
    expect(dest()).toBe("edited\n");
    expect(reloads()).toBe("");
    expect(hidden(rig.names())).toEqual([]);
  });

  it("another one that is at it is let go on", async () => {
    const { rig, reloads } = leftBehind(NEW, { pid: 1 }, OLD);
    rig.broken = new Error("away");
    await rig.round();
    expect(reloads()).toBe("");
    expect(hidden(rig.names())).toEqual([".out.cfg.checkd-previous", ".out.cfg.checkd-reload"]);
  });

  it("a marker of nobody's is no marker", async () => {
    const { rig, dest } = leftBehind(OLD, "{", null);
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(dest()).toBe(NEW);
    expect(hidden(rig.names())).toEqual([]);
  });

  it("in the middle of writing that down, what is left of it is cleared away", async () => {
    const { rig, dest } = leftBehind(OLD, {}, OLD);
    for (const name of [".out.cfg.checkd-reload.new", ".out.cfg.checkd-previous.new"])
      writeFileSync(join(rig.dir, name), "{");
    expect(await rig.round()).toEqual([{ kind: "updated" }]);
    expect(dest()).toBe(NEW);
    expect(hidden(rig.names())).toEqual([]);
  });

  it("the last good file is kept until a reload holds, whatever came in between", async () => {
    // Killed with NEW in place; now keys say 3, whose reload fails too: what comes back is OLD, which was taken once.
    const { rig, dest } = leftBehind(NEW, { pid: process.pid }, OLD, "grep -q 1 {dir}/out.cfg");
    rig.keys = { "/v": "3" };
    expect((await rig.round()).map(({ kind }) => kind)).toEqual(["failed"]);
    expect(dest()).toBe(OLD);
    expect(hidden(rig.names())).toEqual([]);
  });
});
