import { describe, expect, it } from "vitest";
import { createLoop } from "../../src/outlets/loop.ts";
import { createFakeClock } from "../engine/fake-clock.ts";

describe("the loop of outlets", () => {
  it("does one piece of work for any number of marks, and never two at a time", async () => {
    const clock = createFakeClock();
    let running = 0;
    let most = 0;
    let done = 0;
    const loop = createLoop({
      clock,
      failed: () => {},
      work: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((end) => clock.at(clock.now() + 100, end));
        running -= 1;
        done += 1;
      },
    });
    for (let each = 0; each < 5; each += 1) loop.mark();
    await clock.advance(50);
    loop.mark();
    await clock.advance(500);
    expect({ most, done }).toEqual({ most: 1, done: 2 });
    await loop.stop();
  });

  it("tries again with growing pauses, whatever marks come in between, and begins anew after a success", async () => {
    const clock = createFakeClock();
    const tries: number[] = [];
    let broken = true;
    const start = clock.now();
    const loop = createLoop({
      clock,
      firstRetryMs: 100,
      longestRetryMs: 1000,
      random: () => 1,
      failed: () => {},
      work: async () => {
        tries.push(clock.now() - start);
        if (broken) throw new Error("away");
      },
    });
    loop.mark();
    for (let each = 0; each < 20; each += 1) {
      await clock.advance(50);
      loop.mark();
    }
    expect(tries).toEqual([0, 100, 300, 700]);
    broken = false;
    await clock.advance(2000);
    broken = true;
    const before = tries.length;
    loop.mark();
    await clock.advance(150);
    expect(tries.length - before).toBe(2);
    await loop.stop();
  });

  it("does no more work once it is stopped, not even a retry that was due", async () => {
    const clock = createFakeClock();
    let tries = 0;
    const loop = createLoop({
      clock,
      failed: () => {},
      work: async () => {
        tries += 1;
        throw new Error("away");
      },
    });
    loop.mark();
    await clock.advance(10);
    await loop.stop();
    loop.mark();
    await clock.advance(60_000);
    expect(tries).toBe(1);
    expect(clock.waiting()).toBe(0);
  });

  it("lets running work come to its end within a grace, and cuts it off after that", async () => {
    const clock = createFakeClock();
    const ends: string[] = [];
    const loopOf = (workMs: number) =>
      createLoop({
        clock,
        failed: () => ends.push("failed"),
        work: (signal) =>
          new Promise<void>((done, fail) => {
            signal.addEventListener("abort", () => {
              ends.push("cut off");
              fail(signal.reason);
            });
            clock.at(clock.now() + workMs, () => {
              if (!signal.aborted) ends.push("done");
              done();
            });
          }),
      });
    for (const workMs of [100, 900]) {
      const loop = loopOf(workMs);
      loop.mark();
      await clock.advance(10);
      const stopped = loop.stop(500);
      loop.mark();
      await clock.advance(2000);
      await stopped;
    }
    // The first one's signal fires too, when there is nobody left to hear it.
    expect(ends.slice(0, 1)).toEqual(["done"]);
    expect(ends).toContain("cut off");
    expect(ends).not.toContain("failed");
    expect(clock.waiting()).toBe(0);
  });
});
