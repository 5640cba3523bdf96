import { describe, expect, it } from "vitest";
import { isOld, isPending, isSettled, longestWait, pollWait } from "../../agent/poll.ts";
import { defaultPolicy } from "../../src/core/policy.ts";
import { type RowChange, rowOf } from "./fake-board.ts";

const checks = (maxAgeMs: number, waitMs = -1) => [{ ...defaultPolicy, maxAgeMs, waitMs }];
const row = (change: RowChange = {}) => rowOf("p", "t", change);

describe("isOld", () => {
  it.each([
    { maxAgeMs: 1000, observedAt: 5000, now: 5999, old: false },
    { maxAgeMs: 1000, observedAt: 5000, now: 6000, old: true },
    { maxAgeMs: 0, observedAt: 5000, now: 5000, old: true },
    { maxAgeMs: Number.POSITIVE_INFINITY, observedAt: 5000, now: 9e15, old: false },
  ])("is $old for max_age $maxAgeMs, seen at $observedAt, now $now", ({ maxAgeMs, observedAt, now, old }) => {
    expect(isOld(row({ observedAt }), checks(maxAgeMs), now)).toBe(old);
  });

  it("holds for a target that was never observed, even in a pool that is only a cache", () => {
    expect(isOld(row({ state: null }), checks(Number.POSITIVE_INFINITY), 1)).toBe(true);
  });

  it("looks at each of several checks", () => {
    const [health] = row({ observedAt: 5000 }).health;
    if (health === undefined) throw new Error("no health");
    const two = { ...row(), health: [health, { ...health, observedAt: 100 }] };
    expect(isOld(two, [...checks(1000), ...checks(1000)], 5500)).toBe(true);
    expect(isOld(two, [...checks(1000), ...checks(10_000)], 5500)).toBe(false);
  });

  it("never holds in a pool without checks", () => {
    expect(isOld({ ...row(), health: [] }, [], 1e9)).toBe(false);
  });
});

describe("isSettled", () => {
  it("is false while a change is being confirmed, however fresh the row is", () => {
    expect(isPending(row({ pending: true }))).toBe(true);
    expect(isSettled(row({ pending: true, observedAt: 100 }), checks(1000), 101)).toBe(false);
    expect(isSettled(row({ observedAt: 100 }), checks(1000), 101)).toBe(true);
  });
});

describe("longestWait", () => {
  it.each([
    { waitMs: -1, shortestGapMs: null, impatient: false, wait: 200 },
    { waitMs: -1, shortestGapMs: 300, impatient: false, wait: 100 },
    { waitMs: -1, shortestGapMs: 2000, impatient: false, wait: 2000 / 3 },
    { waitMs: -1, shortestGapMs: 30_000, impatient: false, wait: 1000 },
    { waitMs: -1, shortestGapMs: 0, impatient: false, wait: 0 },
    { waitMs: -1, shortestGapMs: 2000, impatient: true, wait: 0 },
    { waitMs: 5000, shortestGapMs: 300, impatient: false, wait: 5000 },
    { waitMs: 5000, shortestGapMs: null, impatient: true, wait: 0 },
    { waitMs: 0, shortestGapMs: 2000, impatient: false, wait: 0 },
  ])("is $wait for wait $waitMs, gap $shortestGapMs, impatient $impatient", ({ waitMs, wait, ...habit }) => {
    expect(longestWait(waitMs, habit)).toBe(wait);
  });
});

describe("pollWait", () => {
  const habit = { shortestGapMs: 900, impatient: false };

  it("does not hold back a standing down, also while it may come up again", () => {
    expect(pollWait(row({ state: "down" }), checks(1000), habit)).toBe(0);
    expect(pollWait(row({ state: "down", pending: true }), checks(1000), habit)).toBe(0);
  });

  it("waits for an up and for a target without a verdict", () => {
    expect(pollWait(row(), checks(1000), habit)).toBe(300);
    expect(pollWait(row({ state: null }), checks(1000), habit)).toBe(300);
  });

  it("has nothing to wait for without checks", () => {
    expect(pollWait(row(), [], habit)).toBe(0);
  });
});
