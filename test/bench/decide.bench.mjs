import { defaultPolicy, defaultPoolPolicy } from "../../src/core/policy.ts";
import { createPool } from "../../src/core/pool.ts";
import { target } from "../engine/rig.ts";
import { atMost, seen } from "./lib/table.mjs";

export const title = "an observation in a pool of 1,000 targets";

const TARGETS = 1000;
const START = Date.UTC(2026, 0, 1);
const PASSES = 200;
const WARM_PASSES = 100;

const observation = (lagSeconds) => ({
  outcome: "pass",
  reason: `lag ${lagSeconds}s`,
  facts: { lagSeconds },
  weight: null,
  claim: null,
});

/** A settled pool, and the input of one more pass over all its targets. */
function settledPool(policy) {
  const pool = createPool({ pool: "p", group: null, memory: null });
  const targets = Array.from({ length: TARGETS }, (_, at) => target(`t${at}`, 1 + at));
  pool.apply({ at: START, kind: "configured", policy: { ...defaultPoolPolicy, ...policy }, checks: [defaultPolicy] });
  pool.apply({ at: START, kind: "listed", targets, complete: true });
  let at = START;
  const pass = (seenOf) => {
    at += 1000;
    for (const [index, { name }] of targets.entries()) {
      const now = at + (index * 1000) / TARGETS;
      pool.apply({ at: now, kind: "observed", target: name, check: 0, by: "timer", tookMs: 2, seen: seenOf(index) });
    }
  };
  return { pass, pool };
}

/** CPU microseconds of an observation. */
function cost(policy, seenOf, rounds) {
  const { pass } = settledPool(policy);
  for (let at = 0; at < WARM_PASSES; at++) pass(seenOf);
  return Array.from({ length: rounds }, () => {
    const from = process.cpuUsage();
    for (let at = 0; at < PASSES; at++) pass(seenOf);
    const { user, system } = process.cpuUsage(from);
    return (user + system) / (PASSES * TARGETS);
  });
}

export async function run({ rounds = 5, add }) {
  const same = observation(0);
  const lags = Array.from({ length: 7 }, (_, lag) => observation(lag));
  let turn = 0;
  const curve = {
    by: "lagSeconds",
    curve: [
      [0, 100],
      [10, 50],
      [30, 1],
    ],
    step: 5,
  };
  add(
    atMost(
      "in steady state",
      cost({}, () => same, rounds),
      2,
      "us",
    ),
  );
  const moving = cost({ weight: { ...curve, step: 50 } }, () => lags[turn++ % lags.length], rounds);
  add(atMost("with a weight curve and other facts each time", moving, 2, "us"));
  add(seen("of them in a second on one core", [1 / Math.max(...moving)], "million"));
}
