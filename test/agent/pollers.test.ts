import { describe, expect, it } from "vitest";
import { habitOf, Pollers } from "../../agent/pollers.ts";

/** Polls at these times, each answered `tookMs` later. */
function pollsAt(times: readonly number[], tookMs = 0) {
  const pollers = new Pollers();
  const last = times.map((at) => {
    const poller = pollers.polled("10.0.0.1", at);
    pollers.answered(poller, null, at + tookMs, true);
    return poller;
  });
  const poller = last.at(-1);
  if (poller === undefined) throw new Error("no poll");
  return { pollers, poller, habit: habitOf(poller, times.at(-1) ?? 0) };
}

describe("the gap between polls", () => {
  it.each([
    [[1000], null],
    [[1000, 3000], 2000],
    [[1000, 3000, 3500, 5500], 500],
    [[1000, 1000], 0],
  ])("of polls at %j is at its shortest %j", (times, expected) => {
    expect(pollsAt(times).habit.shortestGapMs).toBe(expected);
  });

  it("runs from the answer, as HAProxy's agent-inter does", () => {
    expect(pollsAt([1000, 3300, 5600], 300).habit.shortestGapMs).toBe(2000);
  });

  it("is forgotten after eight others, so that one reload does not shorten the wait for ever", () => {
    const regular = Array.from({ length: 9 }, (_, at) => 2100 + at * 2000);
    expect(pollsAt([0, 100, ...regular.slice(0, 7)]).habit.shortestGapMs).toBe(100);
    expect(pollsAt([0, 100, ...regular]).habit.shortestGapMs).toBe(2000);
  });

  it("says nothing after a minute of silence", () => {
    expect(pollsAt([0, 2000, 62_001]).habit.shortestGapMs).toBeNull();
  });
});

describe("a peer that hung up", () => {
  it("is impatient for ten minutes", () => {
    const { pollers, poller } = pollsAt([1000]);
    expect(pollers.hungUp(poller, 150, 2000)).toBe(true);
    expect(habitOf(poller, 2001).impatient).toBe(true);
    expect(pollers.impatient(601_999)).toEqual(["10.0.0.1"]);
    expect(habitOf(poller, 602_000).impatient).toBe(false);
    expect(pollers.impatient(602_000)).toEqual([]);
  });

  it("is not blamed for a connection it had left before we looked at it", () => {
    const { pollers, poller } = pollsAt([1000]);
    expect(pollers.hungUp(poller, 3, 2000)).toBe(false);
    expect(habitOf(poller, 2001).impatient).toBe(false);
  });
});

describe("a down that some HAProxies were seen to have", () => {
  it("is not known to the others that poll until they are told", () => {
    const pollers = new Pollers();
    pollers.polled("10.0.0.1", 800);
    const other = pollers.polled("10.0.0.2", 800);
    expect([1, 2].map((sockets) => pollers.untold(900, sockets, 1000))).toEqual([true, false]);
    pollers.answered(other, 900, 1100, true);
    expect(pollers.untold(900, 1, 1100)).toBe(true);
    const one = pollers.polled("10.0.0.1", 1200);
    pollers.answered(one, 900, 1200, true);
    expect(pollers.untold(900, 1, 1200)).toBe(false);
    expect(pollers.untold(2500, 1, 2600)).toBe(true);
  });

  it("is known to one that has not polled for a minute", () => {
    const pollers = new Pollers();
    pollers.polled("10.0.0.1", 0);
    pollers.polled("10.0.0.2", 60_500);
    expect(pollers.untold(60_000, 1, 61_000)).toBe(false);
  });
});

describe("hearing of a down", () => {
  const DOWN = 900;

  it("is reported once, when all peers of the last minute were told", () => {
    const pollers = new Pollers();
    const one = pollers.polled("10.0.0.1", 1000);
    const two = pollers.polled("10.0.0.2", 1100);
    expect(pollers.answered(one, DOWN, 1200, true)).toBe(false);
    expect(pollers.answered(two, DOWN, 1300, true)).toBe(true);
    expect(pollers.answered(one, DOWN, 3200, true)).toBe(false);
  });

  it("is reported anew for the next down", () => {
    const pollers = new Pollers();
    const one = pollers.polled("10.0.0.1", 1000);
    expect(pollers.answered(one, DOWN, 1000, true)).toBe(true);
    expect(pollers.answered(one, null, 2000, true)).toBe(false);
    expect(pollers.answered(one, 2500, 3000, true)).toBe(true);
  });

  it("does not wait for a peer that has not polled for a minute", () => {
    const pollers = new Pollers();
    pollers.polled("10.0.0.9", 1000);
    const one = pollers.polled("10.0.0.1", 61_001);
    expect(pollers.answered(one, DOWN, 61_001, true)).toBe(true);
  });

  it("is not had from a peer that was told up after it", () => {
    const pollers = new Pollers();
    const one = pollers.polled("10.0.0.1", 1000);
    const two = pollers.polled("10.0.0.2", 1000);
    pollers.answered(one, DOWN, 1000, true);
    pollers.answered(one, null, 2000, true);
    expect(pollers.answered(two, DOWN, 2100, true)).toBe(false);
  });
});

describe("memory", () => {
  it("holds 64 peers; the one that was silent longest goes first", () => {
    const pollers = new Pollers();
    for (let at = 0; at < 64; at++) pollers.polled(`10.0.0.${at}`, 1000 + at);
    pollers.polled("10.0.0.0", 2000);
    pollers.polled("10.0.1.0", 2001);
    expect(habitOf(pollers.polled("10.0.0.0", 2100), 2100).shortestGapMs).toBe(100);
    expect(habitOf(pollers.polled("10.0.0.1", 2200), 2200).shortestGapMs).toBeNull();
  });

  it("is idle ten minutes after the last poll", () => {
    const { pollers } = pollsAt([1000]);
    expect(pollers.isIdle(600_999)).toBe(false);
    expect(pollers.isIdle(601_000)).toBe(true);
  });
});
