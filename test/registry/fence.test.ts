import { describe, expect, it } from "vitest";
import { createFence } from "../../src/registry/fence.ts";
import { createFakeClock } from "../engine/fake-clock.ts";

describe("how long a session may be relied on", () => {
  it("is its span from the question that renewed it, not from the answer", async () => {
    const clock = createFakeClock();
    const begun = clock.now();
    const fence = createFence(clock, 1000, begun);
    await clock.advance(600);
    fence.renewed(begun + 300);
    await clock.advance(699);
    expect(fence.lost.aborted).toBe(false);
    await clock.advance(1);
    expect(fence.lost.aborted).toBe(true);
    expect(String(fence.lost.reason)).toContain("could not be renewed within its time");
    expect(clock.waiting()).toBe(0);
  });

  it("is over at once for a process that stood still, before any timer of it has run", () => {
    let now = 0;
    const clock = { ...createFakeClock(), now: () => now };
    const fence = createFence(clock, 1000, 0);
    const { lost } = fence;
    now = 5000;
    expect(lost.aborted).toBe(false);
    expect(fence.lost.aborted).toBe(true);
    fence.renewed(5000);
    expect(fence.lost.aborted).toBe(true);
  });

  it("ends with what its driver says, once", async () => {
    const clock = createFakeClock();
    const fence = createFence(clock, 1000, clock.now());
    fence.lose("the server says so");
    fence.lose("again");
    await clock.advance(2000);
    expect(String(fence.lost.reason)).toContain("the server says so");
    expect(clock.waiting()).toBe(0);
  });
});
