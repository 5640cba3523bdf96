import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combined } from "../../../src/core/decide/combine.ts";
import type { HealthState, PoolPolicy } from "../../../src/core/types.ts";
import { Bench, check, rules, seen, target } from "../build.ts";

type State = HealthState["state"];
const states: readonly State[] = ["up", "degraded", "down", "unknown"];

describe("several checks together", () => {
  it.each<[PoolPolicy["require"], string, State]>([
    ["all", "", "up"],
    ["all", "up up", "up"],
    ["all", "up degraded", "degraded"],
    ["all", "up degraded down", "down"],
    ["all", "up unknown", "unknown"],
    ["all", "degraded unknown", "unknown"],
    ["all", "down unknown", "down"],
    ["any", "down down", "down"],
    ["any", "down degraded", "degraded"],
    ["any", "down up", "up"],
    ["any", "up unknown", "up"],
    ["any", "down unknown", "unknown"],
    [2, "up up down", "up"],
    [2, "up degraded down", "degraded"],
    [2, "up down down", "down"],
    [2, "up unknown down", "unknown"],
    [2, "up up unknown", "up"],
    [2, "down down unknown", "down"],
    [9, "up degraded", "degraded"],
  ])("require %s of %s is %s", (require, list, state) => {
    expect(
      combined(
        list.split(" ").filter((one): one is State => states.some((state) => state === one)),
        require,
      ),
    ).toBe(state);
  });

  it("are unknown only where what is not known could tip the scales", () => {
    const several = fc.array(fc.constantFrom(...states), { minLength: 1, maxLength: 4 });
    const require = fc.constantFrom<PoolPolicy["require"]>("all", "any", 2, 3);
    fc.assert(
      fc.property(several, require, (list, needs) => {
        const best = combined(
          list.map((one) => (one === "unknown" ? "up" : one)),
          needs,
        );
        const worst = combined(
          list.map((one) => (one === "unknown" ? "down" : one)),
          needs,
        );
        expect(combined(list, needs)).toBe(best === worst ? best : "unknown");
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a target with two checks", () => {
  const bench = () => new Bench({ targets: [target("a")], checks: [{}, {}] });
  const see = (on: Bench, index: number, outcome: "pass" | "warn" | "fail" | "unknown", reason: string) =>
    on.apply({ kind: "observed", target: "a", check: index, by: "timer", tookMs: 1, seen: seen(outcome, { reason }) });

  it("has a verdict when both have answered, with the reason of the one that decides", () => {
    const on = bench();
    see(on, 0, "pass", "200");
    expect(on.row("a").verdict).toBeNull();
    see(on, 1, "fail", "refused");
    expect(on.verdict("a")).toMatchObject({ state: "down", reason: "refused" });
  });

  it("is as old as the older of its answers", () => {
    const on = bench();
    see(on, 0, "pass", "200");
    on.pass(500);
    see(on, 1, "pass", "open");
    expect(on.verdict("a")).toMatchObject({
      observedAt: on.now - 500,
      staleAt: on.now - 500 + rules().staleMs,
      reason: "200",
    });
    on.pass(500);
    see(on, 0, "pass", "200");
    expect(on.verdict("a").observedAt).toBe(on.now - 500);
  });

  it("keeps its former verdict while a check that is new after a reload has not spoken", () => {
    const on = new Bench({ targets: [target("a")] });
    on.see("a", "pass");
    on.apply({ kind: "configured", policy: rules(), checks: [check(), check()] });
    expect(on.verdict("a").state).toBe("up");
    see(on, 1, "fail", "refused");
    expect(on.verdict("a")).toMatchObject({ state: "down", reason: "refused" });
  });
});

describe("a target without a check", () => {
  it("is trusted, and never stale", () => {
    const bench = new Bench({ targets: [target("a")], checks: [] });
    expect(bench.view.settled).toBe(true);
    expect(bench.verdict("a")).toMatchObject({
      state: "up",
      weight: 100,
      reason: "not checked",
      staleAt: Number.MAX_SAFE_INTEGER,
    });
  });
});

describe("a target that cannot be judged", () => {
  const blinded = () => {
    const bench = new Bench({ targets: [target("a"), target("b")], policy: { unknownMs: 60_000 } });
    for (const name of ["a", "b"]) bench.see(name, "pass");
    bench.pass(2000);
    bench.see("a", seen("unknown", { reason: "access denied" }));
    return bench;
  };

  it("keeps its verdict, says why and since when, and alarms", () => {
    const bench = blinded();
    bench.pass(40_000);
    bench.see("a", seen("unknown", { reason: "access denied" }));
    expect(bench.verdict("a")).toMatchObject({
      state: "up",
      reason: "not known for 42s: access denied",
      observedAt: bench.now,
    });
    expect(bench.view.alarms).toEqual([
      { code: "blind", text: "cannot be judged since 2s, held up: access denied", target: "a" },
    ]);
  });

  it("is at most degraded after unknown_for, to the millisecond", () => {
    const bench = blinded();
    bench.pass(59_999);
    expect(bench.verdict("a").state).toBe("up");
    bench.pass(1);
    expect(bench.verdict("a").state).toBe("down");
    bench.see("a", "pass");
    expect(bench.verdict("a").state).toBe("up");
    expect(bench.alarms()).toEqual([]);
  });

  it.each(["warn", "fail"] as const)("is not given back by a %s what blindness took", (outcome) => {
    const bench = blinded();
    bench.pass(60_000);
    bench.see("a", outcome);
    expect(bench.verdict("a").state).toBe("down");
    bench.settle("a", "pass", 1);
    expect(bench.verdict("a").state).toBe("up");
  });

  it("is not degraded by the first unknown after a long sleep", () => {
    const bench = new Bench({ targets: [target("a"), target("b")], policy: { unknownMs: 60_000 } });
    for (const name of ["a", "b"]) bench.see(name, "pass");
    bench.pass(3_600_000);
    bench.see("a", "unknown");
    expect(bench.verdict("a").state).toBe("up");
  });

  it("has no verdict when there never was one", () => {
    const bench = new Bench({ targets: [target("a")] });
    bench.see("a", "unknown");
    expect(bench.view.settled).toBe(true);
    expect(bench.row("a").verdict).toBeNull();
    expect(bench.view.alarms[0]?.text).toBe("cannot be judged since start, no verdict yet: says unknown");
  });
});
