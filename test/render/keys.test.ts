import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileGlob } from "../../src/render/functions/glob.ts";
import { fromBytes } from "../../src/render/gotemplate/bytes.ts";
import { Keys } from "../../src/render/keys.ts";

function keysOf(...paths: string[]): Keys {
  return new Keys(paths.map((path) => [path, `value of ${path}`]));
}

const TREE = keysOf(
  "/tree/leaf",
  "/tree/dir/one",
  "/tree/dir/sub/two",
  "/tree/both",
  "/tree/both/child",
  "/treehouse/x",
  "/top",
);

describe("listing", () => {
  it.each([
    ["/tree", ["both", "dir", "leaf"], ["both", "dir"]],
    ["/tree/", ["both", "dir", "leaf"], ["both", "dir"]],
    ["/tree/dir", ["one", "sub"], ["sub"]],
    ["/tree/leaf", ["leaf"], []],
    ["/tree/both", ["both", "child"], []],
    ["/missing", [], []],
    ["/", ["top"], []],
    ["tree", [], []],
    ["", [], []],
  ])("of %s", (path, names, folders) => {
    expect(TREE.list(path)).toEqual(names);
    expect(TREE.listFolders(path)).toEqual(folders);
  });

  it("keeps names apart that begin alike, and sorts by bytes", () => {
    const keys = keysOf("/a/b", "/a/b-x", "/a/b/c", "/a/b.x/d", "/a/ä", "/a/Z", "/a/\u{1f680}", "/a/\uffee");
    expect(keys.list("/a").map(fromBytes)).toEqual(["Z", "b", "b-x", "b.x", "ä", "\uffee", "\u{1f680}"]);
    expect(keys.listFolders("/a")).toEqual(["b", "b.x"]);
  });

  it("knows the key that is the top itself", () => {
    const keys = keysOf("/", "/a");
    expect(keys.list("/")).toEqual(["/", "a"]);
    expect(keys.get("/")).toBe("value of /");
    expect(keys.match("/*")).toEqual(["/", "/a"]);
  });
});

describe("patterns", () => {
  it.each([
    ["/tree/*", ["/tree/both", "/tree/leaf"]],
    ["/tree/*/*", ["/tree/both/child", "/tree/dir/one"]],
    ["/*/dir/one", ["/tree/dir/one"]],
    ["/tree?ouse/x", ["/treehouse/x"]],
    ["/tree/[a-c]oth", ["/tree/both"]],
    ["/tree/[^b]*", ["/tree/leaf"]],
    ["/tree[^x]leaf", ["/tree/leaf"]],
    ["/tree[/]leaf", ["/tree/leaf"]],
    ["/tree\\/leaf", ["/tree/leaf"]],
    ["/top", ["/top"]],
    ["/missing/*", []],
    ["*", []],
    ["", []],
  ])("%s", (pattern, found) => {
    expect(TREE.match(pattern)).toEqual(found);
  });

  it.each(["[", "/[", "/[]a]", "/[a-]", "/\\", "/tree/[^"])("%s is malformed where there are keys", (pattern) => {
    expect(TREE.match(pattern)).toBeNull();
    expect(new Keys().match(pattern)).toEqual([]);
  });
});

const NAME = fc.constantFrom("a", "b", "ab", "a-b", "a.b", "é", "z*", "[x]");
const PATH = fc.array(NAME, { minLength: 1, maxLength: 4 }).map((names) => `/${names.join("/")}`);
const PATTERN = fc
  .array(fc.oneof(NAME, fc.constantFrom("*", "?", "a*", "*b", "[a-c]", "[^a]", "[^/]b", "\\a", "**")), { maxLength: 4 })
  .map((names) => `/${names.join("/")}`);

// The same answers, found by looking at every key.
function scan(paths: readonly string[], folder: string): { names: string[]; folders: string[] } {
  const below = paths
    .filter((path) => path.startsWith(`${folder}/`))
    .map((path) => path.slice(folder.length + 1).split("/"));
  const own = paths.includes(folder) ? [folder.slice(folder.lastIndexOf("/") + 1)] : [];
  const names = new Set([...below.map(([name = ""]) => name), ...own]);
  const folders = new Set(below.filter((parts) => parts.length > 1).map(([name = ""]) => name));
  return { names: [...names].sort(), folders: [...folders].sort() };
}

const bytesOf = (path: string): string => Buffer.from(path).toString("latin1");

describe("any set of keys", () => {
  it("answers as if every key were looked at", () => {
    fc.assert(
      fc.property(fc.array(PATH, { maxLength: 30 }), PATH, PATTERN, (paths, folder, pattern) => {
        const keys = keysOf(...paths);
        const all = [...new Set(paths)].map(bytesOf);
        expect({ names: keys.list(bytesOf(folder)), folders: keys.listFolders(bytesOf(folder)) }).toEqual(
          scan(all, bytesOf(folder)),
        );
        const glob = compileGlob(bytesOf(pattern));
        expect(keys.match(bytesOf(pattern))).toEqual(all.filter((path) => glob?.matches(path)).sort());
      }),
      { numRuns: 1000 },
    );
  });

  it("is the same whether its keys came at once or one by one, and some went", () => {
    const change = fc.tuple(fc.boolean(), PATH);
    fc.assert(
      fc.property(fc.array(PATH), fc.array(change, { maxLength: 40 }), PATH, (paths, changes, folder) => {
        const keys = keysOf(...paths);
        const left = new Set(paths);
        keys.list("/");
        for (const [stays, path] of changes) {
          if (stays) keys.set(path, `value of ${path}`);
          else keys.delete(path);
          if (stays) left.add(path);
          else left.delete(path);
        }
        const fresh = keysOf(...left);
        expect(keys.size).toBe(left.size);
        expect(keys.list(bytesOf(folder))).toEqual(fresh.list(bytesOf(folder)));
        expect(keys.match("/*/*")).toEqual(fresh.match("/*/*"));
        for (const path of left) expect(keys.get(bytesOf(path))).toBe(fresh.get(bytesOf(path)));
      }),
      { numRuns: 500 },
    );
  });

  it("lists a folder at a cost that does not grow with the keys elsewhere", () => {
    const cost = (count: number): number => {
      const keys = new Keys(Array.from({ length: count }, (_none, i) => [`/other/d${i % 100}/k${i}`, "v"]));
      for (let i = 0; i < 20; i++) keys.set(`/mine/d${i}/k`, "v");
      keys.listFolders("/mine");
      const times = Array.from({ length: 5 }, () => {
        const start = performance.now();
        for (let i = 0; i < 500; i++) keys.listFolders("/mine");
        return performance.now() - start;
      });
      return Math.min(...times);
    };
    expect(cost(30_000) / cost(300)).toBeLessThan(15);
  });
});
