import { expect, it } from "vitest";
import type { RegistryReader } from "../../src/contract.ts";
import { follow } from "../../src/registry/follow.ts";
import { createFakeClock } from "../engine/fake-clock.ts";

it("takes one signal for many prefixes without a word of Node about leaks", async () => {
  const warnings: string[] = [];
  const hear = ({ name }: Error): void => void warnings.push(name);
  process.on("warning", hear);
  const ending = new AbortController();
  const reader: RegistryReader = { read: () => new Promise(() => {}), close: async () => {} };
  const env = { clock: createFakeClock(), log: () => {}, name: "main" };
  for (let i = 0; i < 30; i++) follow(reader, `services/${i}`, env, ending.signal, () => {});
  await new Promise((done) => setImmediate(done));
  process.off("warning", hear);
  ending.abort();
  expect(warnings).toEqual([]);
});
