import { describe, expect, it } from "vitest";
import { backOff, firstDue, nextDue, type Plan, settleAfter, staleAfter } from "../../src/core/timing.ts";
import { check } from "./build.ts";

const plan = (more: Partial<Plan>): Plan => ({
  dueAt: 10_000,
  startedAt: 10_000,
  pending: false,
  policy: check(),
  now: 10_020,
  cronAt: null,
  ...more,
});

describe("the next probe", () => {
  it.each<[string, Partial<Plan>, number]>([
    ["one interval after the last due time", {}, 12_000],
    ["on the same grid when the last one started late", { startedAt: 10_045, now: 10_100 }, 12_000],
    ["on the grid after what was missed, once", { now: 17_300 }, 18_000],
    ["a whole interval later when it is due just now", { now: 12_000 }, 14_000],
    ["at fast after the start while a change is pending", { pending: true, startedAt: 10_045, now: 10_050 }, 10_295],
    ["at once when fast is over already", { pending: true, now: 11_000 }, 11_000],
    [
      "never later for being pending",
      { pending: true, policy: check({ everyMs: 100, fastMs: 250 }), now: 10_010 },
      10_100,
    ],
    ["when cron says so", { cronAt: 20_000 }, 20_000],
    ["at fast before cron while a change is pending", { cronAt: 20_000, pending: true }, 10_250],
    ["with cron when that is sooner than fast", { cronAt: 10_100, pending: true }, 10_100],
  ])("is due %s", (_, more, due) => {
    expect(nextDue(plan(more))).toBe(due);
  });

  it("never drifts: a thousand late probes later it is still on the grid", () => {
    let dueAt = 0;
    for (let i = 0; i < 1000; i++) dueAt = nextDue(plan({ dueAt, startedAt: dueAt + 37, now: dueAt + 90 }));
    expect(dueAt).toBe(2_000_000);
  });
});

describe("first probes", () => {
  it("are spread over an interval, a second at most", () => {
    const due = (every: number) => [0, 1, 2, 3].map((i) => firstDue(i, 4, every, 5000));
    expect(due(400)).toEqual([5000, 5100, 5200, 5300]);
    expect(due(60_000)).toEqual([5000, 5250, 5500, 5750]);
    expect(firstDue(0, 0, 1000, 7)).toBe(7);
  });
});

describe("defaults that follow from a check", () => {
  it.each([
    [check({ everyMs: 2000, timeoutMs: 1000 }), null, 6000],
    [check({ everyMs: 500, timeoutMs: 1000 }), null, 3000],
    [check({ cron: "0 * * * *" }), 3_600_000, 7_200_000],
  ])("%# is stale after %s", (policy, gap, ms) => {
    expect(staleAfter(policy, gap)).toBe(ms);
  });

  it("settle after one confirmed verdict of the slowest check", () => {
    expect(settleAfter([check()])).toBe(1750);
    expect(settleAfter([check({ rise: 5, timeoutMs: 3000 }), check()])).toBe(4250);
    expect(settleAfter([])).toBe(1750);
  });
});

describe("back-off", () => {
  it.each([
    [0, 0, 50],
    [0, 1, 100],
    [3, 0, 400],
    [3, 0.5, 600],
    [9, 1, 5000],
    [5000, 0, 2500],
  ])("before try %i at random %f is %i ms", (attempt, random, ms) => {
    expect(backOff(attempt, 100, 5000, random)).toBe(ms);
  });
});
