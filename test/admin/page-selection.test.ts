import { describe, expect, it } from "vitest";
import { foldOf } from "../../src/admin/page/view/pool-band.tsx";
import {
  bandOf,
  hasRows,
  inOrder,
  isFound,
  momentsOf,
  newest,
  poolsInOrder,
} from "../../src/admin/page/view/selection.ts";
import { downOf, NOW, poolOf, targetOf } from "./page-made.ts";

const everything = { group: null, pool: null, find: "" };
const many = (count: number, from = 1) => Array.from({ length: count }, (_, index) => targetOf(`app${index + from}`));
const names = (targets: readonly { readonly name: string }[] | null) => targets?.map(({ name }) => name);
const order = { order: "drain" as const, owner: "ann", reason: "disk", since: NOW, until: null };

describe("the targets of a pool", () => {
  it("come sick first, then ordered, then well, then backups and references; numbers as numbers", () => {
    const targets = [
      targetOf("app10"),
      targetOf("witness", { part: "reference", state: null }),
      downOf("primary", { part: "backup", judged: "up" }),
      targetOf("app9"),
      targetOf("app4", { order, serves: false }),
      targetOf("app3", { weight: 5 }),
      downOf("app2"),
    ];
    expect(names(inOrder(targets, poolOf()))).toEqual(["app2", "app3", "app4", "app9", "app10", "primary", "witness"]);
  });

  it("are all on the page of their pool, the healthy ones folded", () => {
    const band = bandOf(poolOf(), [...many(30), downOf("sick")], 0, true);
    const { open, folded } = foldOf(band);
    expect([open[0]?.name, open.length, folded.length, band.more]).toEqual(["sick", 13, 18, 0]);
  });

  it("are the most telling ones among other pools", () => {
    const sick = Array.from({ length: 60 }, (_, index) => downOf(`sick${index}`));
    const band = bandOf(poolOf(), [...many(1000), ...sick], 7, false);
    expect([band.targets?.length, band.more]).toEqual([52, 1015]);
    expect(foldOf(band).folded).toEqual([]);
  });

  it("are all open when none is well", () => {
    const band = bandOf(poolOf(), [downOf("a"), downOf("b")], 0, true);
    expect([names(foldOf(band).open), foldOf(band).folded]).toEqual([["a", "b"], []]);
  });

  it("are found by name, address and reason", () => {
    const target = targetOf("App1", { address: "10.0.0.7:80", reason: "Content differs" });
    expect(["app1", "0.0.7", "content", "other"].map((find) => isFound(target, find))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});

describe("a pool", () => {
  const big = poolOf({ name: "big", members: 500 });
  it.each([
    ["few targets", poolOf(), [poolOf(), poolOf({ name: "b" })], "", true],
    ["many targets in all, and it is well", poolOf(), [poolOf(), big], "", false],
    ["many targets, and it is not well", poolOf({ state: "degraded" }), [poolOf(), big], "", true],
    ["many targets, and one under order", poolOf({ ordered: 1 }), [poolOf(), big], "", true],
    ["many targets, and it is the only pool", big, [big], "", true],
    ["many targets, and something is looked for", poolOf(), [poolOf(), big], "x", true],
  ])("with %s has rows or one line", (_, pool, all, find, rows) => {
    expect(hasRows(pool, all, { ...everything, find })).toBe(rows);
  });

  it("that is worse comes first", () => {
    const pools = (["up", "unknown", "degraded", "down"] as const).map((state) => poolOf({ name: state, state }));
    expect(names(poolsInOrder([...pools, poolOf({ name: "a" })]))).toEqual(["down", "degraded", "unknown", "a", "up"]);
  });
});

describe("lately", () => {
  it("holds what changed, newest first, and no more than fits", () => {
    const at = (minute: number) => `2026-01-02T02:${String(minute).padStart(2, "0")}:00.000Z`;
    const targets = many(40).map((target, index) => ({ ...target, since: at(index) }));
    const moments = momentsOf(poolOf(), [targetOf("new", { since: null }), ...targets]);
    expect([moments.length, moments[0]?.target, moments.at(-1)?.target]).toEqual([20, "app40", "app21"]);
  });

  it("tells of an order when it was given", () => {
    const [moment] = momentsOf(poolOf(), [targetOf("a", { order })]);
    expect(moment).toMatchObject({ at: NOW, target: "a", word: "drain", tone: "calm" });
  });

  it("keeps things of the same time in their order", () => {
    const one = { at: NOW, pool: "a", target: null, tone: "good", word: "up", text: "" } as const;
    expect(newest([one, { ...one, pool: "b" }]).map(({ pool }) => pool)).toEqual(["a", "b"]);
  });
});
