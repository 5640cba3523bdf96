import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Entry } from "../../src/contract.ts";
import { SharedEntries } from "../../src/registry/entries.ts";

const entry = (value: string): Entry => ({ value, version: value });
const plain = (entries: ReadonlyMap<string, Entry>) => Object.fromEntries([...entries].sort());

const CHANGES = fc
  .dictionary(fc.constantFrom("a", "b", "c", "d"), fc.option(fc.constantFrom("1", "2").map(entry)))
  .map((changes) => new Map(Object.entries(changes)));

describe("entries that share their map", () => {
  it("each stay as they were, whichever is looked at first", () => {
    fc.assert(
      fc.property(fc.array(CHANGES, { maxLength: 8 }), fc.array(fc.nat(8), { maxLength: 12 }), (rounds, looks) => {
        const versions = [new SharedEntries(new Map([["a", entry("0")]]))];
        const expected: Record<string, Entry>[] = [{ a: entry("0") }];
        for (const changes of rounds) {
          versions.push((versions.at(-1) ?? new SharedEntries(new Map())).with(changes));
          const next = { ...expected.at(-1) };
          for (const [key, value] of changes) {
            if (value === null) delete next[key];
            else next[key] = value;
          }
          expected.push(next);
        }
        for (const at of [...looks.filter((look) => look < versions.length), ...versions.keys()])
          expect(plain(versions[at] ?? new Map())).toEqual(expected[at]);
      }),
    );
  });

  it("a version between has successors of its own", () => {
    const first = new SharedEntries(new Map([["a", entry("1")]]));
    const second = first.with(new Map([["a", entry("2")]]));
    const other = first.with(new Map([["b", entry("3")]]));
    expect(plain(second)).toEqual({ a: entry("2") });
    expect(plain(other)).toEqual({ a: entry("1"), b: entry("3") });
  });

  it("know what may differ in a later version, and that others are none", () => {
    const first = new SharedEntries(new Map([["a", entry("1")]]));
    const second = first.with(new Map([["b", entry("2")]]));
    const third = second.with(new Map([["a", null]]));
    expect(first.changedIn(first)).toEqual(new Set());
    expect(first.changedIn(third)).toEqual(new Set(["a", "b"]));
    expect(second.changedIn(first)).toBeNull();
    expect(first.changedIn(new Map())).toBeNull();
  });

  it("are read like a map", () => {
    const entries = new SharedEntries(new Map([["a", entry("1")]])).with(new Map([["b", entry("2")]]));
    expect([entries.size, entries.has("b"), entries.get("a"), [...entries.keys()], [...entries.values()]]).toEqual([
      2,
      true,
      entry("1"),
      ["a", "b"],
      [entry("1"), entry("2")],
    ]);
    const seen: string[] = [];
    entries.forEach(({ value }, key, all) => {
      seen.push(`${key}${value}${all.size}`);
    });
    expect(seen).toEqual(["a12", "b22"]);
  });
});
