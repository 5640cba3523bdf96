import { describe, expect, it } from "vitest";
import type { RegistryReader, Snapshot } from "../../../src/contract.ts";
import { fetchEntries } from "../../../src/render/source/fetch.ts";
import { shownName, topPaths } from "../../../src/render/source/key-names.ts";
import { Store } from "../../../src/render/source/store.ts";
import { entriesOf, type KeyValues } from "./rig.ts";

const signal = new AbortController().signal;

/** Answers each read by what `at` says for its number. */
function readerOf(
  at: (read: number, path: string) => Partial<Snapshot> & { keys: KeyValues },
): RegistryReader & { reads: number } {
  const reader = {
    reads: 0,
    async read(path: string): Promise<Snapshot> {
      const { keys, ...more } = at(reader.reads++, path);
      return { entries: entriesOf(keys, [path]), revision: "1", fresh: true, ...more };
    },
    close: async () => {},
  };
  return reader;
}

const values = (entries: ReadonlyMap<string, { readonly value: string }>) =>
  Object.fromEntries([...entries].map(([key, { value }]) => [key, value]));

describe("keys below several paths", () => {
  it("are of one moment, though a change falls between two reads", async () => {
    // The first round sees the old /a and the new /b.
    const reader = readerOf((read) => ({
      keys: read < 1 ? { "/a/1": "old", "/b/1": "old" } : { "/a/1": "new", "/b/1": "new" },
    }));
    expect(values(await fetchEntries(reader, ["a", "b"], signal))).toEqual({ "a/1": "new", "b/1": "new" });
    expect(reader.reads).toBe(6);
  });

  it("are taken as they are when they change without end", async () => {
    const reader = readerOf((read) => ({ keys: { "/a/1": String(read), "/b/1": String(read) } }));
    await fetchEntries(reader, ["a", "b"], signal);
    expect(reader.reads).toBe(10);
  });

  it("cost one read when there is one path", async () => {
    const reader = readerOf(() => ({ keys: { "/a/1": "1" } }));
    expect(values(await fetchEntries(reader, ["a"], signal))).toEqual({ "a/1": "1" });
    expect(reader.reads).toBe(1);
  });

  it("are not taken from an old copy", async () => {
    const reader = readerOf(() => ({ keys: {}, fresh: false }));
    await expect(fetchEntries(reader, ["a"], signal)).rejects.toThrow("answers from an old copy");
  });
});

describe("paths", () => {
  it.each([
    [
      ["/a", "/b"],
      ["a", "b"],
    ],
    [["/a", "/a/b", "/a"], ["a"]],
    [["/a/b", "/"], [""]],
    [
      ["/a", "/ab"],
      ["a", "ab"],
    ],
    [[], []],
  ])("%j are read as %j", (paths, read) => {
    expect(topPaths(paths)).toEqual(read);
  });

  it.each([
    ["a/b", "/", "/a/b"],
    ["prod/a/b", "/prod", "/a/b"],
    ["prod/a", "/prod/", "/a"],
    ["prod", "/prod", "/"],
    ["other/a", "/prod", "/other/a"],
    ["a/../b", "/", "/b"],
  ])("the key %s with the prefix %s is seen as %s", (key, prefix, name) => {
    expect(shownName(key, prefix)).toBe(name);
  });
});

describe("a store", () => {
  it("holds what it was given last, whatever it held before", () => {
    const store = new Store("/p");
    const give = (keys: KeyValues) => store.take(entriesOf(keys, [""]));
    give({ "/p/a": "1", "/p/b": "2", "/p/c/d": "3" });
    expect([store.keys.get("/a"), store.keys.list("/c"), store.size]).toEqual(["1", ["d"], 3]);
    give({ "/p/a": "9", "/p/e": "4" });
    expect([store.keys.get("/a"), store.keys.get("/b"), store.keys.list("/c"), store.keys.get("/e")]).toEqual([
      "9",
      undefined,
      [],
      "4",
    ]);
    expect([...store.fresh]).toEqual([
      ["/a", "9"],
      ["/e", "4"],
    ]);
    store.passed();
    give({ "/p/a": "9", "/p/e": "5" });
    expect([...store.fresh]).toEqual([["/e", "5"]]);
  });

  it("keeps a name that another key still has", () => {
    const store = new Store("/p");
    store.take(entriesOf({ "/p/a": "1", "/a": "2" }, [""]));
    store.take(entriesOf({ "/p/a": "1" }, [""]));
    expect(store.keys.get("/a")).toBe("1");
  });
});
