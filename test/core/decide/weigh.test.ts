import { describe, expect, it } from "vitest";
import { Bench, order, seen, target } from "../build.ts";

const lagging = (lagSeconds: number | null) => seen("pass", { reason: `lag ${lagSeconds}s`, facts: { lagSeconds } });
const weight = {
  by: "lagSeconds",
  curve: [
    [0, 100],
    [10, 50],
    [30, 1],
  ],
  step: 5,
} as const;

describe("a weight by lag", () => {
  it("moves in steps, leaves its step in the chain, and tells the reason of the check", () => {
    const bench = new Bench({ targets: [target("a"), target("b")], policy: { weight } });
    for (const name of ["a", "b"]) bench.see(name, lagging(0));
    bench.see("a", lagging(5));
    expect(bench.changed).toEqual(["a"]);
    expect(bench.verdict("a")).toMatchObject({ state: "up", weight: 75, reason: "lag 5s" });
    expect(bench.verdict("a").chain.at(-1)).toEqual({
      rule: "weight",
      state: "up",
      weight: 75,
      note: "weight 75 by lagSeconds",
    });
    bench.see("a", lagging(5.5));
    expect(bench.changed).toEqual([]);
    expect(bench.verdict("a")).toMatchObject({ weight: 75, reason: "lag 5.5s" });
    bench.see("a", lagging(0));
    expect(bench.verdict("a")).toMatchObject({ weight: 100, chain: [{ rule: "judge" }] });
  });
});

describe("a ramp", () => {
  const ramped = () => {
    const bench = new Bench({ targets: [target("a"), target("b")], policy: { rampMs: 10_000 } });
    for (const name of ["a", "b"]) bench.see(name, "pass");
    return bench;
  };

  it("does not slow a first start", () => {
    expect(ramped().verdict("a").weight).toBe(100);
  });

  it("gives a target that returns its weight bit by bit, each at its time", () => {
    const bench = ramped();
    bench.settle("a", "fail");
    bench.settle("a", "pass", 2);
    expect(bench.verdict("a")).toMatchObject({ state: "up", weight: 5, reason: "says pass" });
    expect(bench.verdict("a").chain.at(-1)?.note).toBe("5% of its weight, back for 0s");
    const weights: number[] = [];
    for (let i = 0; i < 10; i++) {
      bench.pass(1000);
      weights.push(bench.verdict("a").weight);
    }
    expect(weights).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(bench.wakeAt).toBeNull();
  });

  it("begins after maint, but not after drain", () => {
    const bench = ramped();
    bench.apply({ kind: "ordered", target: "a", override: order("maint") });
    bench.apply({ kind: "ordered", target: "a", override: null });
    expect(bench.verdict("a").weight).toBe(5);
    bench.apply({ kind: "ordered", target: "b", override: order("drain") });
    bench.apply({ kind: "ordered", target: "b", override: null });
    expect(bench.verdict("b").weight).toBe(100);
  });

  it("goes on over a restart", () => {
    const bench = ramped();
    bench.settle("a", "fail");
    bench.settle("a", "pass", 2);
    bench.pass(5000);
    const memory = JSON.parse(JSON.stringify(bench.view.memory));
    const restarted = new Bench({
      targets: [target("a"), target("b")],
      policy: { rampMs: 10_000 },
      memory,
      at: bench.now,
    });
    for (const name of ["a", "b"]) restarted.see(name, "pass");
    expect(restarted.verdict("a").weight).toBe(50);
  });
});
