import fc from "fast-check";
import { describe } from "vitest";
import type { PoolDecision, PoolPolicy } from "../../src/core/types.ts";
import { demand, holdsAlways } from "./invariants.ts";
import { again, brief, type Event, events } from "./random-pool.ts";
import { RandomWriter, writerPolicies } from "./random-writer.ts";

type Given = [PoolPolicy, Event[], number];
interface Moment {
  readonly pool: RandomWriter;
  /** What the rules say now, asked once more. */
  readonly fresh: PoolDecision;
  readonly healed: boolean;
}

describe("a writer pool to which anything happens", () => {
  holdsAlways<Given, Moment>(fc.tuple(writerPolicies, events, fc.nat(100_000)), play, {
    "never has two writers up on the board": ({ pool }) => {
      demand(pool.bench.serving().length <= 1, pool.bench.serving().join());
    },

    "never has two writers up in two HAProxies that poll at phases of their own": ({ pool }) => {
      const names = new Set(pool.haproxies.flatMap((haproxy) => haproxy.serving()));
      demand(names.size <= 1, [...names].join());
    },

    "lets orders win always": ({ pool: { bench } }) => {
      if (!bench.view.settled) return;
      for (const { override, verdict } of bench.view.rows.values()) {
        if (override === null || (override.until !== null && override.until <= bench.now)) continue;
        const wanted = override.order === "drain" ? "up" : "down";
        demand(verdict?.state === wanted && verdict.weight === 0, `${verdict?.id} in ${override.order}`);
      }
    },

    "acts on nothing before it is settled": ({ pool: { bench } }) => {
      if (bench.view.settled) return;
      for (const row of bench.view.rows.values()) demand(row.verdict === null, `verdict of ${row.target.name}`);
    },

    "decides the same whatever the order of the targets": ({ pool: { bench }, fresh }) => {
      // Dear, so asked at every third decision.
      if (bench.view.revision % 3 > 0) return;
      const turned = again(bench.view, bench.now, [...bench.view.rows.values()].toReversed());
      demand(JSON.stringify(turned) === JSON.stringify(fresh), "another order, another decision");
    },

    "skips a decision only where it would change nothing": ({ pool: { bench }, fresh }) => {
      if (!bench.view.settled) return;
      const verdicts = [...bench.view.rows.values()].flatMap((row) => row.verdict ?? []);
      demand(brief(verdicts) === brief(fresh.verdicts), `${brief(verdicts)} is now ${brief(fresh.verdicts)}`);
    },

    "wakes before time alone changes an answer": ({ pool: { bench }, fresh }) => {
      const { view, now, wakeAt } = bench;
      if (!view.settled || view.revision % 3 > 0) return;
      demand(wakeAt === null || wakeAt > now, "wakes in the past");
      const then = wakeAt === null ? now + 10_000_000 : wakeAt - 1;
      demand(brief(again(view, then).verdicts) === brief(fresh.verdicts), `changes before ${then}`);
    },

    "has an up writer only with an agreement that is fresh enough, where one is required": ({ pool: { bench } }) => {
      const { policy, rows, memory } = bench.view;
      const [up] = bench.serving();
      if (policy.witness !== "require" || up === undefined) return;
      const oldest = bench.now - policy.witnessAgeMs;
      const follow = [...rows.values()].some(({ health }) =>
        health.some(({ claimed }) => claimed !== null && claimed.at >= oldest && claimed.claim.follows !== null),
      );
      const agree = memory.agreement !== null && memory.agreement.at >= oldest;
      const named = [...rows.values()].some(({ health }) =>
        health.some(({ claimed }) => claimed !== null && claimed.at >= oldest && claimed.claim.witness !== null),
      );
      demand(follow || agree || named, `${up} is up without any witness`);
    },

    "ends with the agreed writer up at full weight in every HAProxy when all is well again": ({ pool, healed }) => {
      if (!healed) return;
      demand(pool.bench.view.alarms.length === 0, pool.bench.alarms().join());
      for (const haproxy of pool.haproxies) {
        demand(haproxy.serving().join() === "b" && haproxy.servers.get("b")?.weight === 100, haproxy.serving().join());
      }
    },
  });
});

function play([policy, list, seed]: Given, look: (moment: Moment) => void): void {
  const pool = new RandomWriter(policy, seed);
  const moment = (healed: boolean) => ({ pool, fresh: again(pool.bench.view, pool.bench.now), healed });
  pool.run(list, () => look(moment(false)));
  pool.heal();
  look(moment(true));
}
