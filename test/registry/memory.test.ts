import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Op, Registry } from "../../src/contract.ts";
import { openRegistry } from "../contract/registry-cases.ts";

const folder = mkdtempSync(join(tmpdir(), "checkd-memory-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const signal = new AbortController().signal;
const put = (key: string, value: string): Op => ({ key, expect: "any", session: null, put: value });
const values = async (registry: Registry): Promise<Record<string, string>> => {
  const { entries } = await registry.read("", null, signal);
  return Object.fromEntries([...entries].map(([key, { value }]) => [key, value]));
};

describe("the memory registry with a file behind it", () => {
  it("has its values again after a restart, but none that hung on a session", async () => {
    const file = join(folder, "values.json");
    const first = openRegistry("memory", { file });
    await first.commit([put("app/a", "1"), put("app/b", "2")], signal);
    const session = await first.session(10_000, signal);
    await first.commit([{ key: "checkd/lock/x", expect: "absent", session, put: "me" }], signal);
    await first.close();
    expect(await values(openRegistry("memory", { file }))).toEqual({ "app/a": "1", "app/b": "2" });
    expect(readFileSync(file, "utf8")).not.toContain("lock");
  });

  it("has not changed a value that it could not store, and says why", async () => {
    const dir = join(folder, "gone");
    mkdirSync(dir);
    const registry = openRegistry("memory", { file: join(dir, "values.json") });
    await registry.commit([put("app/a", "1")], signal);
    const { revision } = await registry.read("", null, signal);
    rmSync(dir, { recursive: true });
    const failed = registry.commit([put("app/a", "2"), put("app/b", "2")], signal);
    await expect(failed).rejects.toMatchObject({ kind: "unreachable", message: expect.stringContaining("ENOENT") });
    expect(await values(registry)).toEqual({ "app/a": "1" });
    expect((await registry.read("", null, signal)).revision).toBe(revision);
    mkdirSync(dir);
    await registry.commit([put("app/a", "2")], signal);
    expect(await values(registry)).toEqual({ "app/a": "2" });
  });

  it("does not take a broken file for an empty one", async () => {
    const file = join(folder, "broken.json");
    writeFileSync(file, '{"app/a": ');
    await expect(openRegistry("memory", { file }).read("", null, signal)).rejects.toMatchObject({
      kind: "refused",
      message: expect.stringContaining("move it away to start empty"),
    });
  });
});
