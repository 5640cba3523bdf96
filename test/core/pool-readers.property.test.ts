import fc from "fast-check";
import { describe } from "vitest";
import type { PoolDecision, PoolPolicy, PoolView, Row } from "../../src/core/types.ts";
import type { Bench } from "./build.ts";
import { demand, holdsAlways } from "./invariants.ts";
import { again, brief, type Event, events, RandomPool, readerPolicies } from "./random-pool.ts";

const members = (view: PoolView) => [...view.rows.values()].filter((row) => row.target.part === "member");
type Given = [PoolPolicy, Event[]];
interface Moment {
  readonly bench: Bench;
  /** What the rules say now, asked once more. */
  readonly fresh: PoolDecision;
  readonly healed: boolean;
}
const given: fc.Arbitrary<Given> = fc.tuple(readerPolicies, events);

function orderOf(row: Row, { now }: Bench) {
  const { override } = row;
  return override !== null && (override.until === null || override.until > now) ? override : null;
}

describe("a reader pool to which anything happens", () => {
  holdsAlways<Given, Moment>(given, play, {
    "keeps at_least targets up while that many serve softly": ({ bench }) => {
      const { view } = bench;
      const unseen = members(view).some((row) => row.verdict === null);
      if (!view.settled || unseen || view.memory.brakedSince !== null) return;
      const rows = members(view).filter((row) => orderOf(row, bench) === null);
      const alive = rows.filter((row) =>
        row.health.every(({ state }) => state === "up" || state === "degraded"),
      ).length;
      const up = rows.filter(({ verdict }) => verdict?.state === "up" && verdict.weight > 0).length;
      if (up === 0 && view.policy.whenNoneFit === "none") return;
      const { atLeast } = view.policy;
      const need = "count" in atLeast ? atLeast.count : Math.ceil(atLeast.share * members(view).length);
      demand(up >= Math.min(Math.max(1, need), alive), `${up} up, ${alive} alive, ${need} needed`);
    },

    "never keeps a hard failure up, but for the brake": ({ bench }) => {
      if (bench.view.memory.brakedSince !== null) return;
      for (const row of bench.view.rows.values()) {
        if (orderOf(row, bench) !== null || row.health[0]?.state !== "down") continue;
        demand(row.verdict?.state !== "up", `${row.target.name} is up`);
      }
    },

    "lets orders win always": ({ bench }) => {
      if (!bench.view.settled) return;
      for (const row of bench.view.rows.values()) {
        if (row.target.part === "reference") continue;
        const override = orderOf(row, bench);
        demand((row.verdict?.order ?? null) === (override?.order ?? null), `order of ${row.target.name}`);
        if (override === null) continue;
        const wanted = override.order === "drain" ? "up" : "down";
        demand(row.verdict?.state === wanted && row.verdict.weight === 0, `${row.target.name} in ${override.order}`);
      }
    },

    "lets the primary serve only while no member does": ({ bench }) => {
      if (bench.view.memory.brakedSince !== null) return;
      const names = bench.serving();
      demand(!names.includes("primary") || names.length === 1, names.join());
    },

    "acts on nothing before it is settled": ({ bench }) => {
      if (bench.view.settled) return;
      demand(bench.changed.length === 0, "something changed");
      for (const row of bench.view.rows.values()) demand(row.verdict === null, `verdict of ${row.target.name}`);
    },

    "decides the same whatever the order of the targets": ({ bench, fresh }) => {
      // Dear, so asked at every third decision.
      if (bench.view.revision % 3 > 0) return;
      const turned = again(bench.view, bench.now, [...bench.view.rows.values()].toReversed());
      demand(JSON.stringify(turned) === JSON.stringify(fresh), "another order, another decision");
    },

    "skips a decision only where it would change nothing": ({ bench: { view }, fresh }) => {
      if (!view.settled) return;
      const verdicts = [...view.rows.values()].flatMap((row) => row.verdict ?? []);
      demand(brief(verdicts) === brief(fresh.verdicts), `${brief(verdicts)} is now ${brief(fresh.verdicts)}`);
    },

    "wakes before time alone changes an answer": ({ bench: { view, now, wakeAt }, fresh }) => {
      if (!view.settled) return;
      demand(wakeAt === null || wakeAt > now, "wakes in the past");
      const then = wakeAt === null ? now + 10_000_000 : wakeAt - 1;
      demand(brief(again(view, then).verdicts) === brief(fresh.verdicts), `changes before ${then}`);
    },

    "ends every chain with the verdict, its weight within 0..100": ({ bench }) => {
      for (const { verdict } of bench.view.rows.values()) {
        if (verdict === null) continue;
        const last = verdict.chain.at(-1);
        demand(last?.state === verdict.state && last.weight === verdict.weight, "another end");
        demand(verdict.weight >= 0 && verdict.weight <= 100 && Number.isInteger(verdict.weight), `${verdict.weight}`);
        demand(verdict.reason !== "", "no reason");
      }
    },

    "takes a rule's effect back when its cause is gone": ({ bench, healed }) => {
      if (!healed) return;
      const { kept, brakedSince, brakeSpent, swap } = bench.view.memory;
      demand(bench.view.alarms.length === 0, `alarms: ${bench.alarms()}`);
      demand(kept.length === 0 && brakedSince === null && !brakeSpent && swap === null, "something is remembered");
      for (const { verdict } of members(bench.view))
        demand(verdict?.state === "up" && verdict.weight === 100, "not whole");
      demand(bench.view.rows.get("primary")?.verdict?.state === "down", "the primary still serves");
    },
  });
});

function play([policy, list]: Given, look: (moment: Moment) => void): void {
  const pool = new RandomPool(policy);
  pool.run(list, (bench) => look({ bench, fresh: again(bench.view, bench.now), healed: false }));
  pool.heal();
  look({ bench: pool.bench, fresh: again(pool.bench.view, pool.bench.now), healed: true });
}
