import { expect, it } from "vitest";
import { countOf, stateOf } from "../../src/admin/standing.ts";
import type { PoolView } from "../../src/core/types.ts";
import { type Made, viewOf } from "../outlets/outlet-env.ts";

const alarm = { code: "none-up", text: "no target serves", target: null };
const word = (rows: Readonly<Record<string, Made>>, more: Partial<PoolView> = {}): string => {
  const view = { ...viewOf("web", rows), ...more };
  return stateOf(view, { ...countOf({ ...view, policy: { ...view.policy, atLeast: { count: 1 } } }) });
};

it("says in one word how a pool is, and never that one is up while nobody serves", () => {
  expect(word({ a: { state: "up" } })).toBe("up");
  expect(word({ a: { state: "up" }, b: { state: "down" } })).toBe("degraded");
  expect(word({ a: { state: "down" } }, { alarms: [alarm] })).toBe("down");
  expect(word({}, { alarms: [alarm] })).toBe("down");
  expect(word({ a: { state: "up" } }, { settled: false })).toBe("unknown");
});
