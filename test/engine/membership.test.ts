import { expect, it } from "vitest";
import { emptyList, letGo, nameBy, namesakes, relist, unite } from "../../src/engine/membership.ts";
import { target } from "./rig.ts";

const guard = { share: 0.5, forMs: 1000 };
const names = (targets: readonly { readonly name: string }[]): readonly string[] => targets.map(({ name }) => name);

it.each([
  ["names of the file win over discovered ones", [target("a", 1)], [[target("a", 2)]], ["a:1"]],
  ["the file may name one address twice", [target("a", 1), target("b", 1)], [], ["a:1", "b:1"]],
  ["an address of the file keeps the name of the file", [target("a", 1)], [[target("x", 1)]], ["a:1"]],
  ["the first source wins", [], [[target("a", 1)], [target("a", 2), target("b", 3)]], ["a:1", "b:3"]],
  ["all are joined in order", [target("z", 9)], [[target("b", 2)], [target("a", 1)]], ["z:9", "b:2", "a:1"]],
])("unites: %s", (_, fixed, lists, expected) => {
  expect(unite(fixed, lists).map(({ name, port }) => `${name}:${port}`)).toEqual(expected);
});

it("tells which targets of a list cannot be told apart by their name", () => {
  expect(namesakes([target("a", 1), target("b", 2), target("a", 1)])).toEqual([]);
  expect(namesakes([target("a", 1), target("b", 2), target("a", 3)])).toEqual([
    {
      entry: "10.0.0.1:3",
      why: 'is called a as 10.0.0.1:1 is; tell them apart by the key name, as "{host}-{port}"',
    },
  ]);
});

it("lets a reference have the address of a member", () => {
  const reference = { ...target("ref", 1), part: "reference" as const };
  expect(names(unite([target("a", 1), reference], []))).toEqual(["a", "ref"]);
});

it.each([
  ["{host}-{port}", "10-0-0-1-7"],
  ["{name}", "x"],
  ["{pool}.{group}.{meta1}", "p.g.m"],
  ["{host}:{port} {nothing}", "10-0-0-1-7--nothing-"],
])("names a discovered target by the template %s", (template, expected) => {
  const found = { ...target("x", 7), host: "10-0-0-1", meta: { meta1: "m" } };
  expect(nameBy(template, found, "p", "g").name).toBe(expected);
});

it("leaves the name of a backup as its source gave it", () => {
  const backup = { ...target("primary", 7), part: "backup" as const };
  expect(nameBy("{host}-{port}", backup, "p", null)).toBe(backup);
});

it.each([
  { from: ["a", "b", "c", "d"], to: ["a", "b"], held: [] },
  { from: ["a", "b", "c", "d"], to: ["a"], held: ["b", "c", "d"] },
  { from: ["a"], to: [], held: ["a"] },
  { from: ["a", "b"], to: ["b"], held: [] },
  { from: [], to: ["a"], held: [] },
])("from $from to $to holds $held", ({ from, to, held }) => {
  const before = relist(
    emptyList,
    from.map((name) => target(name)),
    guard,
    0,
  );
  const after = relist(
    before,
    to.map((name) => target(name)),
    guard,
    100,
  );
  expect(names(after.named)).toEqual(to);
  expect(names(after.held.map((one) => one.target))).toEqual(held);
  expect(after.held.every(({ until }) => until === 1100)).toBe(true);
});

it.each([
  { from: ["*p", "a"], to: ["*p"], held: ["a"] },
  { from: ["*p", "a", "b"], to: ["*p", "a"], held: [] },
  { from: ["*p", "a"], to: ["a"], held: [] },
  { from: ["*p", "a"], to: [], held: ["p", "a"] },
  { from: ["*p"], to: [], held: ["p"] },
])("counts no backup (*): from $from to $to holds $held", ({ from, to, held }) => {
  const list = (marked: readonly string[]) =>
    marked.map((name) => (name.startsWith("*") ? { ...target(name.slice(1)), part: "backup" as const } : target(name)));
  const after = relist(relist(emptyList, list(from), guard, 0), list(to), guard, 100);
  expect(names(after.held.map((one) => one.target))).toEqual(held);
});

it("holds no longer what is named again, and starts no new time for what is held already", () => {
  const all = ["a", "b", "c"].map((name) => target(name));
  const shrunk = relist(relist(emptyList, all, guard, 0), [], guard, 100);
  const partly = relist(shrunk, [target("a")], guard, 500);
  expect(partly.held.map((one) => [one.target.name, one.until])).toEqual([
    ["b", 1100],
    ["c", 1100],
  ]);
  expect(letGo(partly, ({ target: { name } }) => name === "b", 600).held.map((one) => one.target.name)).toEqual(["c"]);
  expect(letGo(partly, () => false, 1100).held).toEqual([]);
  expect(letGo(partly, () => false, 1099)).toBe(partly);
});
