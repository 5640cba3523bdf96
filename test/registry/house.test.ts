import { afterEach, expect, it } from "vitest";
import type { RegistryReader } from "../../src/contract.ts";
import { registryHouse } from "../../src/registry/house.ts";
import { registries } from "../../src/registry/index.ts";
import { createFakeClock } from "../engine/fake-clock.ts";

const warnings: string[] = [];
const hear = (warning: Error): void => void warnings.push(warning.message);
afterEach(() => process.off("warning", hear));

function house() {
  const kind = registries.get("memory");
  if (kind === undefined) throw new Error("no memory registry");
  const made = registryHouse({ clock: createFakeClock(), log: () => {} }, false);
  made.use(new Map([["main", { kind, options: kind.options.parse({}), key: "1" }]]));
  return { made, kind };
}

it("lets any number wait for news without a word about leaks", async () => {
  process.on("warning", hear);
  const { made } = house();
  const main = made.get("main");
  const ended = Array.from({ length: 30 }, () => new AbortController());
  const { revision } = await main.read("a", null, new AbortController().signal);
  const reads = ended.map(({ signal }) => main.read("a", revision, signal).catch(() => "ended"));
  await new Promise((done) => setImmediate(done));
  for (const each of ended) each.abort();
  expect(await Promise.all(reads)).toEqual(Array(30).fill("ended"));
  expect(warnings).toEqual([]);
  await made.close();
});

it("ends a read when its registry is configured anew, and goes on with the new one under the same name", async () => {
  const { made, kind } = house();
  const main: RegistryReader = made.get("main");
  const { signal } = new AbortController();
  const { revision } = await main.read("a", null, signal);
  const waiting = main.read("a", revision, signal);
  made.use(new Map([["main", { kind, options: kind.options.parse({}), key: "2" }]]));
  await expect(waiting).rejects.toThrow("registry main is configured anew");
  expect((await main.read("a", null, signal)).entries.size).toBe(0);
  made.use(new Map());
  await expect(main.read("a", null, signal)).rejects.toThrow("there is no registry main");
});
