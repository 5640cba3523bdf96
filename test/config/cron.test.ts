import { describe, expect, it } from "vitest";
import { readCron } from "../../src/config/cron.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe("the longest gap of a cron expression", () => {
  it.each([
    ["* * * * *", MINUTE],
    ["* * * * * *", 1000],
    ["*/10 * * * * *", 10_000],
    ["*/25 * * * * *", 25_000],
    ["0,10 * * * * *", 50_000],
    ["0 * * * *", 60 * MINUTE],
    ["30 4 * * *", DAY],
    ["*/5 8-18 * * *", 13 * 60 * MINUTE + 5 * MINUTE],
    ["0 12 * * 1-5", 3 * DAY],
    ["0 0 * * 0", 7 * DAY],
    ["0 0 * * 7", 7 * DAY],
    ["0 0 1 * *", 31 * DAY],
    ["0 0 1 JAN *", 366 * DAY],
  ])("%s is %d ms", (expression, gapMs) => {
    expect(readCron(expression)).toEqual({ gapMs });
  });

  it.each([
    "",
    "* * * *",
    "* * * * * * *",
    "@daily",
    "61 * * * *",
    "* 24 * * *",
    "* * 32 * *",
    "a b c d e",
    "0 0 31 2 *",
    "*/0 * * * *",
  ])("there is none of %j", (expression) => {
    expect(readCron(expression)).toMatchObject({ problem: expect.stringContaining(JSON.stringify(expression)) });
  });
});
