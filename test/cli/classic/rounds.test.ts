import { expect, it } from "vitest";
import { createRounds } from "../../../src/cli/classic/rounds.ts";
import { createFakeClock } from "../../engine/fake-clock.ts";

it("begins once, keeps its pace however late a round was, and stops", async () => {
  const clock = createFakeClock();
  const at: number[] = [];
  const begun = clock.now();
  const rounds = createRounds(clock, 1000, () => at.push(clock.now() - begun));
  rounds.begin();
  rounds.begin();
  await clock.advance(2500);
  expect(at).toEqual([0, 1000, 2000]);
  rounds.stop();
  await clock.advance(5000);
  expect(at).toHaveLength(3);
});

it("makes one round where only one is wanted", async () => {
  const clock = createFakeClock();
  let count = 0;
  const rounds = createRounds(clock, null, () => {
    count += 1;
  });
  rounds.begin();
  await clock.advance(10_000);
  expect(count).toBe(1);
});
