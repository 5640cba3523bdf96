import fc from "fast-check";
import { decide } from "../../src/core/decide/index.ts";
import type { Memory, Ms, Observation, PoolPolicy, PoolView, Target, Verdict } from "../../src/core/types.ts";
import { Bench, order, rules, seen, target } from "./build.ts";

/** One random event: what, to whom, how much. */
export type Event = readonly [kind: number, who: number, amount: number];

export const events: fc.Arbitrary<Event[]> = fc.array(fc.tuple(fc.nat(11), fc.nat(4), fc.nat(99)), {
  minLength: 1,
  maxLength: 12,
});

export const readerPolicies: fc.Arbitrary<PoolPolicy> = fc
  .record({
    need: fc.constantFrom({ count: 0 }, { count: 1 }, { count: 2 }, { share: 0.5 }, { share: 1 }),
    none: fc.constantFrom("all", "least_bad", "none"),
    flags: fc.nat(63),
  })
  .map(({ need, none, flags }) =>
    rules({
      atLeast: need,
      whenNoneFit: none,
      fallback: (flags & 1) > 0,
      damping: flags & 2 ? { maxMs: 40_000, quietMs: 60_000 } : null,
      brake: flags & 4 ? { share: 0.5, withinMs: 10_000, forMs: 30_000 } : null,
      rampMs: flags & 8 ? 20_000 : 0,
      weight:
        flags & 16
          ? {
              by: "lagSeconds",
              curve: [
                [0, 100],
                [10, 50],
                [30, flags & 32 ? 0 : 1],
              ],
              step: 5,
            }
          : null,
      unknownMs: 20_000,
    }),
  );

const all: readonly Target[] = [
  target("a"),
  target("b"),
  target("c"),
  target("primary", "backup"),
  target("ref", "reference"),
];
const outcomes = ["pass", "pass", "warn", "fail", "fail", "unknown"] as const;

/** A reader pool that random events happen to; `look` sees it after each. */
export class RandomPool {
  bench: Bench;
  readonly policy: PoolPolicy;
  #targets = all;

  constructor(policy: PoolPolicy) {
    this.policy = policy;
    this.bench = new Bench({ targets: all, policy });
  }

  run(list: readonly Event[], look: (bench: Bench) => void): void {
    for (const event of list) {
      this.#happen(event);
      look(this.bench);
    }
  }

  /** All is well again, for long enough. */
  heal(): void {
    this.bench.apply({ kind: "listed", targets: all, complete: true });
    for (const { name } of all) this.bench.apply({ kind: "ordered", target: name, override: null });
    for (const { name } of all) this.bench.settle(name, seen("pass", { facts: { lagSeconds: 0 } }), 2);
    this.bench.pass(65_000);
  }

  #happen([kind, who, amount]: Event): void {
    const { bench } = this;
    const name = all[who]?.name ?? "a";
    if (kind === 0) bench.pass(amount * 10);
    else if (kind === 1) bench.pass(amount * 300);
    else if (kind === 2) this.#order(name, amount);
    else if (kind === 3) this.#list(amount);
    else if (kind === 4 && amount < 20) this.#restart();
    else if (kind <= 5) bench.see(name, this.#observation(amount), amount % 7 === 0 ? "event" : "timer");
    else if (kind <= 7) this.#everybody(amount);
    else bench.settle(name, this.#observation(amount), 1 + (amount % 4));
  }

  #everybody(amount: number): void {
    for (const { name } of all) this.bench.see(name, this.#observation(amount), "event");
    this.bench.pass(260);
    for (const { name } of all) this.bench.see(name, this.#observation(amount), "event");
  }

  #order(name: string, amount: number): void {
    const { now } = this.bench;
    const override =
      amount < 30 ? null : order(amount % 2 ? "drain" : "maint", amount < 70 ? now + amount * 50 : null, now);
    this.bench.apply({ kind: "ordered", target: name, override });
  }

  #list(amount: number): void {
    this.#targets = all
      .filter((_, i) => i > 2 || amount & (1 << i))
      .map((one, i) => (i === 0 && amount > 90 ? { ...one, port: 9999 } : one));
    this.bench.apply({ kind: "listed", targets: this.#targets, complete: true });
  }

  #restart(): void {
    const memory: Memory = JSON.parse(JSON.stringify(this.bench.view.memory));
    this.bench = new Bench({ targets: this.#targets, policy: this.policy, memory, at: this.bench.now + 100 });
  }

  #observation(amount: number): Observation {
    const outcome = outcomes[amount % outcomes.length] ?? "pass";
    const lagSeconds = outcome === "warn" ? 40 + amount : amount % 35;
    return seen(outcome, {
      facts: outcome === "pass" || outcome === "warn" ? { lagSeconds, badness: lagSeconds } : {},
    });
  }
}

/** What the rules say to the rows of a view, at any time and in any order. */
export function again(view: PoolView, now: Ms, members = [...view.rows.values()]) {
  return decide({ pool: view.pool, now, policy: view.policy, members, memory: view.memory });
}

/** What of verdicts is told. */
export function brief(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ id, state, weight, order }) => `${id} ${state} ${weight} ${order}`);
  return lines.sort().join("; ");
}
