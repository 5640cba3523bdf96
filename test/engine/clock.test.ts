import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createClock } from "../../src/engine/clock.ts";
import { SLOT_MS, TimerWheel } from "../../src/engine/timer-wheel.ts";

const never = (error: unknown): void => {
  throw error;
};

it("fires all that is due within one slot in one run, in order, and never early", () => {
  const wheel = new TimerWheel(never);
  const fired: string[] = [];
  wheel.add(1001, () => fired.push("a"));
  wheel.add(1009, () => fired.push("b"));
  wheel.add(1011, () => fired.push("c"));
  wheel.add(900, () => fired.push("early"));
  expect(wheel.next()).toBe(900);
  wheel.run(1009.9);
  expect(fired).toEqual(["early"]);
  expect(wheel.next()).toBe(1010);
  wheel.run(1010);
  expect(fired).toEqual(["early", "a", "b"]);
  wheel.run(5000);
  expect(fired).toEqual(["early", "a", "b", "c"]);
  expect(wheel.next()).toBeNull();
});

it("forgets what is cancelled, also a call of the same run", () => {
  const wheel = new TimerWheel(never);
  const fired: string[] = [];
  const cancelSecond: (() => void)[] = [];
  wheel.add(10, () => {
    fired.push("first");
    for (const cancel of cancelSecond) cancel();
  });
  cancelSecond.push(wheel.add(10, () => fired.push("second")));
  wheel.add(500, () => fired.push("far"))();
  wheel.run(10);
  expect(fired).toEqual(["first"]);
  expect(wheel.next()).toBeNull();
});

it("puts a call that is added during a run into the next one", () => {
  const wheel = new TimerWheel(never);
  let count = 0;
  const again = (): void => {
    count += 1;
    wheel.add(10, again);
  };
  wheel.add(10, again);
  wheel.run(10);
  expect(count).toBe(1);
  wheel.run(10);
  expect(count).toBe(2);
});

it("keeps order and memory through a hundred thousand moved dues", () => {
  const wheel = new TimerWheel(never);
  let random = 7;
  const next = (): number => {
    random = (random * 48_271) % 2_147_483_647;
    return random % 1_000_000;
  };
  for (let i = 0; i < 100_000; i++) wheel.add(next(), () => {})();
  const dues = Array.from({ length: 2000 }, next);
  const fired: number[] = [];
  for (const due of dues) wheel.add(due, () => fired.push(Math.ceil(due / SLOT_MS)));
  for (let now = 0; wheel.next() !== null; now += 1000) wheel.run(now);
  expect(fired).toHaveLength(dues.length);
  expect(fired).toEqual([...fired].sort((a, b) => a - b));
});

it("runs the others when one call throws", () => {
  const errors: unknown[] = [];
  const wheel = new TimerWheel((error) => errors.push(error));
  const fired: string[] = [];
  wheel.add(10, () => {
    throw new Error("broken");
  });
  wheel.add(10, () => fired.push("fine"));
  wheel.run(20);
  expect(fired).toEqual(["fine"]);
  expect(String(errors)).toContain("broken");
});

it("waits for a due time of the real clock, and an earlier one that comes later", async () => {
  const clock = createClock(never);
  const began = clock.now();
  const fired: string[] = [];
  const lateBy = (due: number): number => Math.round(clock.now() - due);
  const waited = new Promise<void>((done) => {
    clock.at(began + 60, () => {
      fired.push("late");
      expect(lateBy(began + 60)).toBeGreaterThanOrEqual(0);
      done();
    });
    clock.at(began + 20, () => {
      fired.push("early");
      expect(lateBy(began + 20)).toBeGreaterThanOrEqual(0);
    });
  });
  await waited;
  expect(fired).toEqual(["early", "late"]);
});

it("leaves no timer behind when everything is cancelled", async () => {
  const clock = createClock(never);
  const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  await sleep(1);
  const before = timers();
  const cancels = [10, 1000, 100_000].map((ms) => clock.at(clock.now() + ms, () => {}));
  expect(timers()).toBe(before + 1);
  for (const cancel of cancels) cancel();
  expect(timers()).toBe(before);
});

it("keeps steady time near the wall and never lets it go back", () => {
  const clock = createClock(never);
  expect(Math.abs(clock.now() - clock.wall())).toBeLessThan(60_000);
  let last = clock.now();
  for (let i = 0; i < 1000; i++) {
    const now = clock.now();
    expect(now).toBeGreaterThanOrEqual(last);
    last = now;
  }
});
