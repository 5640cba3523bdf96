import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { createClock } from "../../src/engine/clock.ts";
import { DeadlineError, withDeadline } from "../../src/engine/deadline.ts";
import { createFakeClock } from "./fake-clock.ts";

const forEver = <T>(): Promise<T> => new Promise<T>(() => {});

it("gives the answer and leaves neither timer nor listener", async () => {
  const clock = createFakeClock();
  const parent = new AbortController();
  expect(await withDeadline(clock, 1000, parent.signal, async () => 7)).toBe(7);
  expect(clock.waiting()).toBe(0);
  expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
});

it.each([
  ["a promise that is rejected", async () => Promise.reject(new Error("refused"))],
  [
    "a function that throws at once",
    () => {
      throw new Error("refused");
    },
  ],
])("passes on the error of %s and leaves nothing", async (_, run) => {
  const clock = createFakeClock();
  const parent = new AbortController();
  await expect(withDeadline(clock, 1000, parent.signal, run)).rejects.toThrow("refused");
  expect(clock.waiting()).toBe(0);
  expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
});

it("ends at its due time although the work ignores its signal", async () => {
  const clock = createFakeClock();
  const parent = new AbortController();
  let signal: AbortSignal | null = null;
  const done = withDeadline(clock, 1000, parent.signal, (given) => {
    signal = given;
    return forEver();
  });
  const seen = done.catch((error: unknown) => error);
  await clock.advance(999);
  expect(signal).toMatchObject({ aborted: false });
  await clock.advance(1);
  const error = await seen;
  expect(error).toBeInstanceOf(DeadlineError);
  expect(error).toMatchObject({ late: false, message: "no answer within 1s" });
  expect(signal).toMatchObject({ aborted: true, reason: error });
  expect(getEventListeners(parent.signal, "abort")).toHaveLength(0);
});

it("knows that it fired late when the process was stalled", async () => {
  const clock = createFakeClock();
  const done = withDeadline(clock, 1000, new AbortController().signal, forEver).catch((error: unknown) => error);
  await clock.stall(1051);
  expect(await done).toMatchObject({ late: true });
});

it("ends with the reason of a parent that is aborted, before and during", async () => {
  const clock = createFakeClock();
  const parent = new AbortController();
  const during = withDeadline(clock, 1000, parent.signal, forEver).catch((error: unknown) => error);
  const why = new Error("going");
  parent.abort(why);
  expect(await during).toBe(why);
  let asked = false;
  const before = withDeadline(clock, 1000, parent.signal, async () => {
    asked = true;
  });
  await expect(before).rejects.toBe(why);
  expect(asked).toBe(false);
  expect(clock.waiting()).toBe(0);
});

it("ends on the real clock too, with work that blocks nobody and answers never", async () => {
  const clock = createClock(() => {});
  const began = clock.now();
  await expect(withDeadline(clock, 80, new AbortController().signal, forEver)).rejects.toBeInstanceOf(DeadlineError);
  expect(clock.now() - began).toBeGreaterThanOrEqual(80);
});

it("says late when the loop of this process really was blocked", async () => {
  const clock = createClock(() => {});
  const done = withDeadline(clock, 30, new AbortController().signal, forEver).catch((error: unknown) => error);
  await sleep(1);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  expect(await done).toMatchObject({ late: true });
});
