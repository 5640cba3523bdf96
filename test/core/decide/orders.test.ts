import { describe, expect, it } from "vitest";
import { Bench, order, seen, target } from "../build.ts";

const bench = () => {
  const made = new Bench({ targets: [target("a"), target("b")] });
  for (const name of ["a", "b"]) made.see(name, "pass");
  return made;
};
const give = (on: Bench, name: string, override: ReturnType<typeof order> | null) =>
  on.apply({ kind: "ordered", target: name, override });

describe("an operator's order", () => {
  it("drains: up with weight 0", () => {
    const on = bench();
    give(on, "a", order("drain"));
    expect(on.changed).toEqual(["a"]);
    expect(on.verdict("a")).toMatchObject({
      state: "up",
      weight: 0,
      order: "drain",
      reason: "drain by ann: kernel upgrade",
    });
    expect(on.serving()).toEqual(["b"]);
  });

  it("takes down: maint", () => {
    const on = bench();
    give(on, "a", order("maint"));
    expect(on.verdict("a")).toMatchObject({
      state: "down",
      weight: 0,
      order: "maint",
      reason: "maint by ann: kernel upgrade",
    });
  });

  it.each(["pass", "warn", "fail", "unknown"] as const)("beats every probe: %s", (outcome) => {
    const on = bench();
    give(on, "a", order("drain"));
    give(on, "b", order("maint"));
    for (const name of ["a", "b"]) on.settle(name, outcome, 4);
    expect([on.verdict("a"), on.verdict("b")]).toMatchObject([
      { state: "up", weight: 0 },
      { state: "down", weight: 0 },
    ]);
  });

  it("is told of a target that nobody has seen", () => {
    const on = bench();
    on.apply({ kind: "listed", targets: [target("a"), target("b"), target("c")], complete: true });
    give(on, "c", order("maint"));
    expect(on.verdict("c")).toMatchObject({ state: "down", order: "maint" });
    give(on, "c", null);
    expect(on.row("c").verdict).toBeNull();
  });

  it("ends at its time, and what the probes say holds again", () => {
    const on = bench();
    give(on, "a", order("maint", on.now + 5000));
    on.pass(4999);
    expect(on.verdict("a").order).toBe("maint");
    on.pass(1);
    expect(on.verdict("a")).toMatchObject({ state: "up", order: null, weight: 100 });
    expect(on.row("a").override).toBeNull();
  });

  it("is kept for a target that leaves and returns", () => {
    const on = bench();
    give(on, "a", order("maint"));
    on.apply({ kind: "listed", targets: [target("b")], complete: true });
    on.apply({ kind: "listed", targets: [target("a"), target("b")], complete: true });
    expect(on.verdict("a")).toMatchObject({ state: "down", order: "maint" });
  });

  it("may come before its target is listed, or its pool known", () => {
    const on = new Bench({ targets: [] });
    give(on, "a", order("drain"));
    on.apply({ kind: "listed", targets: [target("a")], complete: true });
    expect(on.verdict("a").order).toBe("drain");
  });

  it("leaves only the other targets to count: those in drain and maint are no part of the floor", () => {
    const on = bench();
    give(on, "a", order("drain"));
    on.settle("b", seen("warn"));
    expect(on.serving()).toEqual(["b"]);
    expect(on.verdict("b").chain.at(-1)?.rule).toBe("floor");
  });
});
