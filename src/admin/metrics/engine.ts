import type { Counter, Histogram, Registry } from "prom-client";
import type { Input, Observation, Verdict } from "../../core/types.ts";
import type { Observer } from "../../engine/inside.ts";
import type { Prom } from "./prom.ts";

type Observed = Extract<Input, { kind: "observed" }>;

interface Series {
  readonly took: Histogram.Internal<"pool" | "check">;
  readonly outcomes: Readonly<Record<Observation["outcome"], Counter.Internal>>;
}

const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const OUTCOMES = ["pass", "warn", "fail", "unknown"] as const;
const ENDS = ["up", "drained", "down", "left"] as const;

/** Counts what the engine does; `typesOf` names the checks of a pool. */
export function engineMetrics(prom: Prom, registry: Registry, typesOf: (pool: string) => readonly string[]): Observer {
  const made = instruments(prom, registry);
  const pools = new Map<string, readonly Series[]>();
  const named = new Map<string, Set<string>>();
  const observed = (pool: string, { check, tookMs, seen }: Observed): void => {
    let all = pools.get(pool);
    if (all?.[check] === undefined) {
      const types = typesOf(pool);
      all = types.map((type) => seriesOf(made, pool, type));
      pools.set(pool, all);
      named.set(pool, new Set([...(named.get(pool) ?? []), ...types]));
    }
    all[check]?.took.observe(tookMs / 1000);
    all[check]?.outcomes[seen.outcome].inc();
  };
  return {
    took(pool, input) {
      if (input.kind === "observed") observed(pool, input);
      else if (input.kind === "configured") pools.delete(pool); // its checks may be others now
    },
    changed: (pool, _target, _was, now) => made.changes.inc({ pool, to: endOf(now) }),
    ended(pool) {
      pools.delete(pool);
      forget(made, pool, named.get(pool) ?? []);
      named.delete(pool);
    },
    stalled(ms) {
      made.stalls.inc();
      made.stalled.inc(ms / 1000);
    },
  };
}

type Instruments = ReturnType<typeof instruments>;

function instruments({ Counter: C, Histogram: H }: Prom, registry: Registry) {
  const registers = [registry];
  return {
    took: new H({
      name: "checkd_probe_duration_seconds",
      help: "How long probes took.",
      labelNames: ["pool", "check"],
      buckets: BUCKETS,
      registers,
    }),
    probes: new C({
      name: "checkd_probes_total",
      help: "Probes by what they saw.",
      labelNames: ["pool", "check", "outcome"],
      registers,
    }),
    changes: new C({
      name: "checkd_verdict_changes_total",
      help: "Changes of verdicts, by what they became.",
      labelNames: ["pool", "to"],
      registers,
    }),
    stalls: new C({ name: "checkd_stalls_total", help: "Times our own process did not run for a while.", registers }),
    stalled: new C({
      name: "checkd_stalled_seconds_total",
      help: "Time our own process did not run while it should have.",
      registers,
    }),
  };
}

function seriesOf({ took, probes }: Instruments, pool: string, check: string): Series {
  const of = (outcome: Observation["outcome"]): Counter.Internal => probes.labels({ pool, check, outcome });
  return {
    took: took.labels({ pool, check }),
    outcomes: { pass: of("pass"), warn: of("warn"), fail: of("fail"), unknown: of("unknown") },
  };
}

function endOf(verdict: Verdict | null): (typeof ENDS)[number] {
  if (verdict === null) return "left";
  if (verdict.state === "down") return "down";
  return verdict.weight === 0 ? "drained" : "up";
}

/** A pool that is gone leaves no series behind. */
function forget({ took, probes, changes }: Instruments, pool: string, checks: Iterable<string>): void {
  for (const to of ENDS) changes.remove({ pool, to });
  for (const check of checks) {
    took.remove({ pool, check });
    for (const outcome of OUTCOMES) probes.remove({ pool, check, outcome });
  }
}
