import { expect, it } from "vitest";
import { Warnings } from "../../agent/warnings.ts";

function written() {
  const lines: string[] = [];
  const time = { now: 0 };
  const clock = { now: () => time.now, wall: () => 0, at: () => () => {} };
  return { lines, time, warnings: new Warnings(clock, (_level, text) => lines.push(text)) };
}

it("writes each topic at most once a minute, and says how many were left out", () => {
  const { lines, time, warnings } = written();
  for (let at = 0; at < 100; at++) warnings.warn("a", () => "alpha");
  warnings.warn("b", () => "beta");
  time.now = 60_000;
  warnings.warn("a", () => "alpha");
  expect(lines).toEqual(["alpha", "beta", "alpha (and 99 times more since the last warning)"]);
});

it("writes at most 256 different topics a minute", () => {
  const { lines, time, warnings } = written();
  for (let at = 0; at < 10_000; at++) warnings.warn(`name ${at}`, () => "unknown");
  expect(lines).toHaveLength(256);
  time.now = 60_001;
  warnings.warn("another", () => "unknown");
  expect(lines).toHaveLength(257);
});
