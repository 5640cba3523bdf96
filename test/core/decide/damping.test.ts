import { describe, expect, it } from "vitest";
import { holdMs } from "../../../src/core/decide/damping.ts";
import { Bench, order, target } from "../build.ts";

const damping = { maxMs: 320_000, quietMs: 600_000 };
const bench = (more = {}) => {
  const made = new Bench({ targets: [target("a"), target("b")], policy: { damping, ...more } });
  for (const name of ["a", "b"]) made.see(name, "pass");
  return made;
};
/** Falls, and passes again at once. */
const flap = (on: Bench, outcome: "fail" | "warn" = "fail") => {
  on.settle("a", outcome);
  on.settle("a", "pass", 2);
};

describe("damping", () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 20_000],
    [3, 40_000],
    [4, 80_000],
    [5, 160_000],
    [6, 320_000],
    [10, 320_000],
  ])("after %i falls holds for %i ms", (falls, ms) => {
    expect(holdMs(falls, 320_000)).toBe(ms);
  });

  it("lets a first fall pass, holds the second return back until its time, and says so", () => {
    const on = bench();
    flap(on);
    expect(on.verdict("a").state).toBe("up");
    flap(on);
    expect(on.verdict("a")).toMatchObject({ state: "down", weight: 0 });
    expect(on.verdict("a").reason).toBe("fell 2 times within 10m, held back for 20s: says pass");
    on.pass(20_000 - 500);
    expect(on.verdict("a").state).toBe("up");
    expect(on.verdict("a").chain).toHaveLength(1);
  });

  it("holds longer with every further fall, warnings too", () => {
    const on = bench();
    flap(on);
    flap(on, "warn");
    flap(on);
    on.pass(39_000);
    expect(on.verdict("a").state).toBe("down");
    on.pass(1000);
    expect(on.verdict("a").state).toBe("up");
  });

  it("never delays a down", () => {
    const on = bench();
    for (let i = 0; i < 4; i++) flap(on);
    on.pass(400_000);
    expect(on.verdict("a").state).toBe("up");
    on.settle("a", "fail");
    expect(on.verdict("a").state).toBe("down");
  });

  it("forgets after quiet", () => {
    const on = bench();
    for (let i = 0; i < 4; i++) flap(on);
    on.pass(700_000);
    flap(on);
    expect(on.verdict("a").state).toBe("up");
  });

  it("makes degraded at most: the floor keeps what is held back, before any that warns", () => {
    const on = bench();
    flap(on);
    on.settle("b", "warn");
    flap(on);
    expect(on.serving()).toContain("a");
    expect(on.verdict("a").chain.map((step) => step.rule)).toEqual(["judge", "damping", "floor"]);
    const last = bench({ whenNoneFit: "least_bad" });
    flap(last);
    flap(last);
    last.settle("b", "warn");
    expect(last.serving()).toEqual(["a"]);
  });

  it("goes on holding one that the floor kept meanwhile", () => {
    const on = bench();
    flap(on);
    on.settle("b", "fail");
    flap(on);
    expect(on.serving()).toEqual(["a"]);
    on.settle("b", "pass", 2);
    expect(on.serving()).toEqual(["b"]);
    on.pass(20_000);
    expect(on.serving()).toEqual(["a", "b"]);
  });

  it("counts no orders, no joins and no leaves", () => {
    const on = bench();
    for (let i = 0; i < 5; i++) {
      on.apply({ kind: "ordered", target: "a", override: order("maint") });
      on.settle("a", "fail");
      on.settle("a", "pass", 2);
      on.apply({ kind: "ordered", target: "a", override: null });
      on.apply({ kind: "listed", targets: [target("b")], complete: true });
      on.apply({ kind: "listed", targets: [target("a"), target("b")], complete: true });
      on.see("a", "pass");
    }
    expect(on.verdict("a").state).toBe("up");
    expect(on.view.memory.targets.a?.flips).toEqual([]);
  });
});
