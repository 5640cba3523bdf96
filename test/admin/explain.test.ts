import { expect, it } from "vitest";
import { explain } from "../../src/admin/explain/lines.ts";
import { targetAnswerOf } from "../../src/admin/target-answer.ts";
import { explainText } from "../../src/cli/explain.ts";
import type { Entered } from "../../src/contract.ts";
import { formatReply } from "../../src/core/reply.ts";
import { situations } from "./situations.ts";

const none: readonly Entered[] = [];

it.each(situations)("explains: $name", async ({ name, target, bench, types = ["http-content"], deliveries = [] }) => {
  const clock = { now: () => bench.now, wall: () => bench.now, at: () => () => {} };
  const answer = targetAnswerOf({
    ...{ view: bench.view, row: bench.row(target), clock, types, deliveries },
    entries: none,
    cameAt: () => null,
  });
  const text = explainText(answer, (plain) => plain);
  expect(answer.explain.lines.map(({ about }) => about)).toEqual([
    "verdict",
    "seen",
    "order",
    "pool",
    "told",
    "change",
  ]);
  expect(text).toContain(formatReply(bench.row(target), bench.view.policy, bench.now).line.trimEnd());
  await expect(text).toMatchFileSnapshot(`explained/${name}.txt`);
});

it("knows at least twenty situations, no two explained alike", () => {
  const told = situations.map(({ target, bench, types = ["tcp"], deliveries = [] }) =>
    JSON.stringify(
      explain({ view: bench.view, row: bench.row(target), now: bench.now, types, deliveries, when: String }),
    ),
  );
  expect(new Set(told).size).toBe(situations.length);
  expect(situations.length).toBeGreaterThanOrEqual(20);
});
