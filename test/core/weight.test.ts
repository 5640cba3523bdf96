import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { initialHealth } from "../../src/core/judge.ts";
import type { HealthState, Observation } from "../../src/core/types.ts";
import { baseWeight, curveWeight, percentFor, rampPart } from "../../src/core/weight.ts";
import { rules, seen } from "./build.ts";

const lag = [
  [0, 100],
  [10, 50],
  [30, 1],
] as const;
const policy = rules({ weight: { by: "lagSeconds", curve: lag, step: 5 } });
const health = (...last: (Observation | null)[]): HealthState[] =>
  last.map((one) => ({ ...initialHealth(0), last: one }));
const lagging = (lagSeconds: number | null, outcome: Observation["outcome"] = "pass") =>
  health(seen(outcome, { facts: { lagSeconds } }));

describe("a curve", () => {
  it.each([
    [-5, 100],
    [0, 100],
    [5, 75],
    [10, 50],
    [20, 26],
    [30, 1],
    [1e9, 1],
  ])("at %f gives %i", (value, weight) => {
    expect(curveWeight(lag, value)).toBe(weight);
    expect(curveWeight([...lag].reverse(), value)).toBe(weight);
  });

  it("of one point or none is level", () => {
    expect([curveWeight([[3, 40]], 0), curveWeight([[3, 40]], 9), curveWeight([], 5)]).toEqual([40, 40, 100]);
  });

  const points = fc.uniqueArray(fc.tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: 0, max: 100 })), {
    minLength: 1,
    maxLength: 6,
    selector: ([x]) => x,
  });

  it("stays within 0..100 and, where its points only fall, only falls", () => {
    fc.assert(
      fc.property(
        points,
        fc.double({ min: -2000, max: 2000, noNaN: true }),
        fc.double({ min: 0, max: 500, noNaN: true }),
        (list, value, more) => {
          const weights = list.map(([, weight]) => weight).sort((a, b) => b - a);
          const falling = list
            .map(([x]) => x)
            .sort((a, b) => a - b)
            .map((x, i) => [x, weights[i] ?? 0] as const);
          const [left, right] = [curveWeight(falling, value), curveWeight(falling, value + more)];
          expect(right).toBeLessThanOrEqual(left);
          expect(left >= 0 && left <= 100 && Number.isInteger(left)).toBe(true);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe("the weight a target asks for", () => {
  it.each<[string, readonly HealthState[], number | null, number]>([
    ["follows the curve", lagging(5), null, 75],
    ["follows it for one that warns too", lagging(12, "warn"), null, 45],
    ["moves by whole steps only", lagging(5), 78, 78],
    ["moves when a step is full", lagging(5), 80, 75],
    ["reaches the ends of the curve", lagging(0), 98, 100],
    ["reaches the lower end too", lagging(40), 3, 1],
    ["is held when the fact is null, which never is lag 0", lagging(null), 45, 45],
    ["is the least of the curve when nothing is held and the fact is null", lagging(null), null, 1],
    ["is held over a failed probe", lagging(0, "fail"), 45, 45],
    ["is held over a blind one", lagging(0, "unknown"), 45, 45],
    ["is 100 before anything is known", health(null), null, 100],
    [
      "is what the server asks for when that is less",
      health(seen("pass", { weight: 30, facts: { lagSeconds: 0 } })),
      null,
      30,
    ],
    [
      "is the least that several checks ask for",
      health(seen("pass", { weight: 80 }), seen("pass", { weight: 60, facts: { lagSeconds: 2 } })),
      null,
      60,
    ],
    [
      "goes to 0 at once when the server asks for that",
      health(seen("pass", { weight: 0, facts: { lagSeconds: 0 } })),
      4,
      0,
    ],
  ])("%s", (_, of, held, weight) => {
    expect(baseWeight(of, policy, held)).toBe(weight);
  });

  it("needs no curve when the server asks itself", () => {
    expect(baseWeight(health(seen("pass", { weight: 33 })), rules(), 34)).toBe(33);
  });

  it("does not flap at the edge of a step", () => {
    let held: number | null = null;
    const told = [5, 5.4, 4.8, 5.5, 5].map((value) => {
      held = baseWeight(lagging(value), policy, held);
      return held;
    });
    expect(told).toEqual([75, 75, 75, 75, 75]);
  });
});

describe("a ramp", () => {
  it.each([
    [0, 0.05, 1000],
    [999, 0.05, 1000],
    [1000, 0.1, 2000],
    [9500, 0.9, 10_000],
  ])("%i ms after a return gives the part %f, until %i", (elapsed, part, nextMs) => {
    expect(rampPart(elapsed, 10_000)).toEqual({ part, nextMs });
  });

  it("is over at its end", () => {
    expect(rampPart(10_000, 10_000)).toBeNull();
  });
});

describe("a percent", () => {
  it("is never truncated to 0 by HAProxy for any server weight while the weight is above 0", () => {
    const wrong: string[] = [];
    for (let haproxyWeight = 1; haproxyWeight <= 256; haproxyWeight++) {
      for (let weight = 1; weight <= 100; weight++) {
        const percent = percentFor(weight, haproxyWeight);
        if (Math.trunc((haproxyWeight * percent) / 100) < 1 || percent < weight || percent > 100)
          wrong.push(`${weight} of ${haproxyWeight}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    [0, 100, 0],
    [40, 100, 40],
    [1, 100, 1],
    [1, 256, 1],
    [1, 10, 10],
    [40, 1, 100],
    [40, 3, 40],
    [30, 3, 34],
    [50, 0, 50],
  ])("for weight %i of server weight %i is %i", (weight, haproxyWeight, percent) => {
    expect(percentFor(weight, haproxyWeight)).toBe(percent);
  });
});
