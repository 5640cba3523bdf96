import fc from "fast-check";
import { expect, it } from "vitest";
import type { Bench } from "./build.ts";
import { seen } from "./build.ts";
import { brief, events, RandomPool, readerPolicies } from "./random-pool.ts";

const timedOut = seen("fail", { reason: "timed out", facts: { timedOut: true } });
const told = (bench: Bench) => brief([...bench.view.rows.values()].flatMap((row) => row.verdict ?? []));

function after(check: (bench: Bench, name: string) => void): void {
  const run = fc.property(readerPolicies, events, fc.constantFrom("a", "b", "c", "primary"), (policy, list, name) => {
    const pool = new RandomPool(policy);
    pool.run(list, () => {});
    if (pool.bench.view.settled && pool.bench.view.rows.has(name)) check(pool.bench, name);
  });
  fc.assert(run, { numRuns: 1500 });
}

it("never makes a target's own verdict better by a time-out of it, in whatever state its pool is", () => {
  after((bench, name) => {
    const before = bench.row(name).verdict;
    const known = bench.row(name).health[0]?.state !== "unknown";
    bench.see(name, timedOut);
    const now = bench.row(name).verdict;
    if (!known || bench.view.memory.brakedSince !== null) return;
    if (before?.state === "down") expect(now?.state).toBe("down");
    if (before !== null) expect(now?.weight ?? 0).toBeLessThanOrEqual(before.weight);
  });
});

it("moves no verdict of a pool by an unknown, in whatever state it is", () => {
  after((bench, name) => {
    if (bench.row(name).health[0]?.observedAt === null) return;
    const before = told(bench);
    bench.see(name, "unknown");
    expect(told(bench)).toBe(before);
  });
});
