import { describe, expect, it } from "vitest";
import { needOf, rivalry } from "../../../src/core/decide/floor.ts";
import { initialHealth } from "../../../src/core/judge.ts";
import type { Facts, Member, PoolPolicy } from "../../../src/core/types.ts";
import { Bench, rules, seen, target } from "../build.ts";

const bad = (badness: number) => seen("warn", { reason: `lag ${badness}s over 30s`, facts: { badness } });

function bench(policy: Partial<PoolPolicy> = {}, names = ["a", "b", "c"]): Bench {
  const made = new Bench({ targets: names.map((name) => target(name)), policy });
  for (const name of names) made.see(name, "pass");
  return made;
}

function soften(on: Bench, badness: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(badness)) on.settle(name, bad(value));
}

it("too few are no alarm while those that have just come were not asked yet", () => {
  const on = bench({ atLeast: { count: 2 } }, ["a"]);
  expect(on.alarms()).toEqual(["below-at-least"]);
  on.apply({ kind: "listed", targets: [target("a"), target("b")], complete: true });
  expect(on.alarms()).toEqual([]);
  on.see("b", "fail");
  expect(on.alarms()).toEqual(["below-at-least"]);
});

describe("when no target is fit", () => {
  it("all that still serve stay, and say so", () => {
    const on = bench();
    soften(on, { a: 45, b: 90, c: 60 });
    expect(on.serving()).toEqual(["a", "b", "c"]);
    expect(on.verdict("a").reason).toBe("kept as no target is fit (when_none_fit all): lag 45s over 30s");
    expect(on.view.alarms.map((alarm) => alarm.text)).toEqual(["0 of 3 fit, at_least 1", "kept though unfit: a, b, c"]);
  });

  it("nobody goes in between while what has reached the first is being confirmed of the others", () => {
    const on = bench();
    const shown = new Set<string>();
    for (let i = 0; i < 4; i++) {
      on.pass(250);
      for (const name of ["a", "b", "c"]) {
        on.see(name, bad(45));
        shown.add(on.serving().join());
      }
    }
    expect([...shown]).toEqual(["a,b,c"]);
    expect(on.verdict("c").reason).toMatch(/^kept as no target is fit/);
  });

  it("the first one goes as soon as one of the others passes after all", () => {
    const on = bench();
    for (let i = 0; i < 3; i++) {
      on.pass(250);
      on.see("a", bad(45));
      if (i > 0) for (const name of ["b", "c"]) on.see(name, bad(45));
    }
    expect(on.verdict("a").reason).toBe("kept while those that are fit are about to change too: lag 45s over 30s");
    on.pass(250);
    on.see("b", "pass");
    expect(on.serving()).toEqual(["b", "c"]);
  });

  it("one that was out before does not come back only because the others are about to change", () => {
    const on = bench();
    on.settle("a", bad(45));
    expect(on.serving()).toEqual(["b", "c"]);
    for (const name of ["b", "c"]) on.settle(name, bad(45), 2);
    expect(on.serving()).toEqual(["b", "c"]);
  });

  it("the weights by the curve hold for them too, but never 0", () => {
    const on = bench({
      weight: {
        by: "badness",
        curve: [
          [0, 100],
          [100, 0],
        ],
        step: 1,
      },
    });
    soften(on, { a: 45, b: 90, c: 500 });
    expect(["a", "b", "c"].map((name) => on.verdict(name).weight)).toEqual([55, 10, 1]);
  });

  it("only the least bad one stays where that is asked for", () => {
    const on = bench({ whenNoneFit: "least_bad" });
    soften(on, { b: 90, a: 45, c: 60 });
    expect(on.serving()).toEqual(["a"]);
  });

  it("as many of the least bad as at_least asks for", () => {
    const on = bench({ whenNoneFit: "least_bad", atLeast: { count: 2 } });
    soften(on, { c: 60, b: 90, a: 45 });
    expect(on.serving()).toEqual(["a", "c"]);
  });

  it("none stays where that is asked for", () => {
    const on = bench({ whenNoneFit: "none" });
    soften(on, { a: 45, b: 90, c: 60 });
    expect(on.serving()).toEqual([]);
    expect(on.alarms()).toEqual(["below-at-least", "none-up"]);
  });

  it("a hard failure never stays", () => {
    const on = bench();
    soften(on, { a: 45 });
    for (const name of ["b", "c"]) on.settle(name, "fail");
    expect(on.serving()).toEqual(["a"]);
    on.settle("a", "fail");
    expect(on.serving()).toEqual([]);
  });

  it("one that passes ends it for all others", () => {
    const on = bench();
    soften(on, { a: 45, b: 90, c: 60 });
    on.settle("b", "pass", 2);
    expect(on.serving()).toEqual(["b"]);
    expect(on.verdict("a").reason).toBe("lag 45s over 30s");
  });

  it("one that is up with weight 0 by its curve serves after all", () => {
    const on = new Bench({
      targets: [target("a")],
      policy: {
        weight: {
          by: "lagSeconds",
          curve: [
            [0, 100],
            [10, 0],
          ],
          step: 5,
        },
      },
    });
    on.see("a", seen("pass", { facts: { lagSeconds: 20 } }));
    expect(on.verdict("a")).toMatchObject({ state: "up", weight: 1 });
  });
});

describe("at_least", () => {
  it.each<[PoolPolicy["atLeast"], number, number]>([
    [{ count: 0 }, 5, 0],
    [{ count: 2 }, 5, 2],
    [{ share: 0.5 }, 5, 3],
    [{ share: 0.5 }, 4, 2],
    [{ share: 1 }, 3, 3],
    [{ share: 0.5 }, 0, 0],
  ])("%o of %i targets is %i", (atLeast, members, need) => {
    expect(needOf(rules({ atLeast }), members)).toBe(need);
  });

  /** b is kept beside c, which is fit; then a comes back, unfit too. */
  const kept = (badnessOfB: number, badnessOfA: number) => {
    const on = bench({ atLeast: { count: 2 } });
    on.settle("a", "fail");
    soften(on, { b: badnessOfB, a: badnessOfA });
    expect(on.serving()).toEqual(["b", "c"]);
    return on;
  };

  it("is filled up with the least bad of the unfit", () => {
    const on = bench({ atLeast: { count: 2 } });
    soften(on, { b: 90, c: 60 });
    expect(on.serving()).toEqual(["a", "c"]);
    expect(on.verdict("c").reason).toBe("kept by at_least 2: lag 60s over 30s");
    expect(on.verdict("c").chain.at(-1)).toMatchObject({ rule: "floor", state: "up", weight: 100 });
  });

  it("tells the words of the newest probe of a kept one without deciding anew", () => {
    const on = kept(90, 90);
    const { revision } = on.view;
    on.see("b", bad(88));
    expect(on.verdict("b").reason).toBe("kept by at_least 2: lag 88s over 30s");
    expect(on.view.revision).toBe(revision);
  });

  it("keeps the kept one although another is a little better", () => {
    const on = kept(60, 60);
    for (let i = 0; i < 9; i++) on.see("a", bad(50));
    expect(on.serving()).toEqual(["b", "c"]);
  });

  it("exchanges it for one that is better by the margin fall times in a row", () => {
    const on = kept(90, 85);
    for (const badness of [40, 40, 80, 40, 40]) on.see("a", bad(badness));
    expect(on.serving()).toEqual(["b", "c"]);
    on.see("a", bad(40));
    expect(on.serving()).toEqual(["a", "c"]);
    expect(on.changed).toEqual(["a", "b"]);
    for (let i = 0; i < 9; i++) on.see("b", bad(39));
    expect(on.serving()).toEqual(["a", "c"]);
  });

  it("exchanges it at once when it fails hard, and lets it go when enough are fit", () => {
    const on = kept(60, 90);
    on.settle("b", "fail");
    expect(on.serving()).toEqual(["a", "c"]);
    on.settle("b", "pass", 2);
    expect(on.serving()).toEqual(["b", "c"]);
    expect(on.view.memory.kept).toEqual([]);
  });

  it("keeps the same one over a restart", () => {
    const memory = JSON.parse(JSON.stringify(kept(90, 85).view.memory));
    const targets = ["a", "b", "c"].map((name) => target(name));
    const again = new Bench({ targets, policy: { atLeast: { count: 2 } }, memory });
    again.see("a", bad(85));
    again.see("b", bad(90));
    again.see("c", "pass");
    expect(again.serving()).toEqual(["b", "c"]);
  });
});

describe("of two unfit targets", () => {
  const member = (name: string, facts: Facts, weight: number | null = null): Member => ({
    target: target(name),
    health: [{ ...initialHealth(0, "degraded"), last: seen("warn", { facts, weight }) }],
    override: null,
  });
  const more = rules({
    weight: {
      by: "free",
      curve: [
        [0, 0],
        [100, 100],
      ],
      step: 5,
    },
  });
  const less = rules({
    weight: {
      by: "lagSeconds",
      curve: [
        [0, 100],
        [30, 1],
      ],
      step: 5,
    },
  });

  it.each<[string, Member, Member, PoolPolicy, boolean]>([
    ["the badness of the check tells", member("b", { badness: 10 }), member("a", { badness: 20 }), rules(), true],
    ["a margin must lie between", member("b", { badness: 17 }), member("a", { badness: 20 }), rules(), false],
    [
      "the badness goes before the fact of the weight",
      member("b", { badness: 10, lagSeconds: 99 }),
      member("a", { badness: 20, lagSeconds: 1 }),
      less,
      true,
    ],
    [
      "less of a falling curve's fact is better",
      member("b", { lagSeconds: 40 }),
      member("a", { lagSeconds: 80 }),
      less,
      true,
    ],
    ["more of a rising curve's fact is better", member("b", { free: 80 }), member("a", { free: 40 }), more, true],
    ["less of it is not", member("b", { free: 40 }), member("a", { free: 80 }), more, false],
    [
      "a measured one is better than one that is not",
      member("b", { lagSeconds: 4000 }),
      member("a", { lagSeconds: null }),
      less,
      true,
    ],
    ["never the other way round", member("b", { lagSeconds: null }), member("a", { lagSeconds: 4000 }), less, false],
    ["the weight that they ask for themselves tells", member("b", {}, 50), member("a", {}, 20), rules(), true],
    ["nothing tells where nothing is measured", member("b", {}), member("a", {}), rules(), false],
  ])("%s", (_, rival, kept, policy, better) => {
    expect(rivalry(rival, [kept], policy)).toBe(better ? "a" : null);
  });
});
