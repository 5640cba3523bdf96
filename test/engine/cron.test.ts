import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createCron } from "../../src/engine/cron.ts";
import { createFakeClock } from "./fake-clock.ts";
import { checkOf, poolOf, rig, seen, settingsOf, target } from "./rig.ts";

const START = new Date(2026, 0, 1, 12, 0, 3).getTime();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

it.each([
  ["*/10 * * * * *", 7],
  ["* * * * *", 57],
  ["30 * * * * *", 27],
  ["5 12 * * *", 297],
])("%s is next due in %d s", async (expression, seconds) => {
  const clock = createFakeClock(START);
  const cron = await createCron(expression, clock);
  expect(cron.next(0) - clock.now()).toBe(seconds * 1000);
  cron.close();
});

it("gives due times in steady time, whatever the wall clock says", async () => {
  const clock = createFakeClock(5_000_000);
  const cron = await createCron("*/10 * * * * *", clock);
  expect(cron.next(0)).toBe(5_007_000);
  cron.close();
});

it("gives no due time twice when somebody adjusts the clock a little", async () => {
  const clock = createFakeClock(START);
  const cron = await createCron("*/10 * * * * *", clock);
  const first = cron.next(0);
  await clock.advance(7000);
  vi.setSystemTime(START + 6900); // the wall is behind: the due time seems to be still to come
  expect(cron.next(first) - clock.now()).toBe(10_100);
  cron.close();
});

describe("on the day the clocks change", () => {
  const HOUR_MS = 3_600_000;
  it.each([
    ["Europe/Berlin", "2026-10-24T22:00:07Z"],
    ["Europe/Berlin", "2026-03-28T22:00:07Z"],
    ["America/New_York", "2026-11-01T03:00:07Z"],
    ["Australia/Lord_Howe", "2026-04-04T13:00:07Z"],
    ["Asia/Kolkata", "2026-01-01T13:00:07Z"],
  ])("leaves no hole in %s after %s", async (zone, from) => {
    const start = Date.parse(from);
    vi.setSystemTime(start);
    const clock = createFakeClock(start, (now) => vi.setSystemTime(now));
    for (const [expression, everyMs] of [
      ["*/10 * * * *", HOUR_MS / 6],
      ["0 */30 * * * *", HOUR_MS / 2],
    ] as const) {
      const cron = await createCron(expression, clock, zone);
      const gaps = new Set<number>();
      let last = cron.next(0);
      for (const end = clock.now() + 6 * HOUR_MS; clock.now() < end; ) {
        await clock.advance(last - clock.now());
        const next = cron.next(last);
        gaps.add(next - last);
        last = next;
      }
      expect(gaps).toEqual(new Set([everyMs]));
      cron.close();
    }
  });

  it("keeps to local time where the expression names an hour, or the zone is not on the hour", async () => {
    vi.setSystemTime(Date.parse("2026-01-01T13:00:07Z"));
    const clock = createFakeClock(Date.now());
    const hourly = await createCron("0 * * * *", clock, "Asia/Kolkata");
    const daily = await createCron("15 3 * * *", clock, "Asia/Kolkata");
    expect(new Date(hourly.next(0)).toISOString()).toBe("2026-01-01T13:30:00.000Z");
    expect(new Date(daily.next(0)).toISOString()).toBe("2026-01-01T21:45:00.000Z");
    hourly.close();
    daily.close();
  });
});

it("drives probes: the first one at once, then by the expression, at fast while a change is confirmed", async () => {
  const one = rig({ fake: createFakeClock(START, (now) => vi.setSystemTime(now)) });
  const policy = { cron: "*/10 * * * * *", everyMs: 10_000, maxAgeMs: Number.POSITIVE_INFINITY };
  await one.engine.configure(
    settingsOf(poolOf("web", { checks: [checkOf(one.check, policy)], targets: [target("a")] })),
  );
  await one.clock.advance(40_000);
  expect(one.check.times("a")).toEqual([0, 7000, 17_000, 27_000, 37_000]);
  one.check.reply = () => seen("fail");
  await one.clock.advance(20_000);
  expect(one.check.times("a").slice(5)).toEqual([47_000, 47_250, 47_500, 57_000]);
  await one.stop();
  expect(one.clock.waiting()).toBe(0);
});
