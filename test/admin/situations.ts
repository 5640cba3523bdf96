import type { Delivery } from "../../src/contract.ts";
import { emptyMemory } from "../../src/core/memory.ts";
import type { Claim, Observation, TargetMemory } from "../../src/core/types.ts";
import { Bench, claim, order, seen, target } from "../core/build.ts";

/** Something that happens at night, and the target that is asked about. */
export interface Situation {
  readonly name: string;
  readonly target: string;
  readonly bench: Bench;
  readonly types?: readonly string[];
  readonly deliveries?: readonly Delivery[];
}

const start = Date.UTC(2026, 0, 2, 3, 0, 0);
const at = { a: "10.0.0.98:3306", b: "10.0.0.99:3306", c: "10.0.0.100:3306" };
const page = seen("pass", { reason: '200, found "test me"' });
const wrong = seen("fail", { reason: '200, but "test me" is not in the content' });
const refused = seen("fail", { reason: "10.0.0.98:80: connection refused" });
const lag = (seconds: number): Observation =>
  seen(seconds > 30 ? "warn" : "pass", {
    reason: seconds > 30 ? `lag ${seconds}s, max_lag 30s` : `lag ${seconds}s`,
    facts: { lagSeconds: seconds, badness: seconds },
  });
const denied = seen("unknown", {
  reason: "access denied for monitor: GRANT REPLICA MONITOR ON *.* TO monitor",
});
const leads = (more: Partial<Claim> = {}): Observation =>
  seen("pass", { reason: "role master", claim: claim("writer", more) });
const follows = (address: string | null): Observation =>
  seen("fail", { reason: "role replica", claim: claim("reader", { follows: address }) });

type Setup = ConstructorParameters<typeof Bench>[0];

/** Three servers that have been fit for a minute. */
function allFit(setup: Setup = {}, what: Observation = page): Bench {
  const bench = new Bench({ at: start, ...setup });
  for (const { target: each } of bench.view.rows.values()) bench.see(each.name, what);
  bench.pass(60_000);
  for (const { target: each } of bench.view.rows.values()) bench.see(each.name, what);
  return bench;
}

/** The bench after some steps. */
function after(bench: Bench, ...steps: readonly ((on: Bench) => void)[]): Bench {
  for (const step of steps) step(bench);
  return bench;
}

const settle =
  (name: string, what: Observation, times = 3) =>
  (on: Bench) =>
    on.settle(name, what, times);
const see = (name: string, what: Observation) => (on: Bench) => on.see(name, what);
const pass = (ms: number) => (on: Bench) => on.pass(ms);
const ordered = (kind: "drain" | "maint", forMs: number | null) => (on: Bench) =>
  void on.apply({
    kind: "ordered",
    target: "a",
    override: order(kind, forMs === null ? null : on.now + forMs, on.now),
  });

const runtime = (bench: Bench): readonly Delivery[] => [
  {
    ...{ outlet: "runtime", about: "p/a", state: "synced", at: bench.now, told: "down" },
    ...{ shown: "DOWN (agent)", error: null },
  },
  {
    ...{ outlet: "publish-members", about: "services/p", state: "failed", at: bench.now, told: "2 keys" },
    ...{ shown: null, error: "127.0.0.1:8500: connection refused" },
  },
];

const remembered: TargetMemory = {
  ...{ up: true, weight: 100, since: start - 3_600_000, flips: [], address: at.a, order: null, states: ["up"] },
  ...{ judged: "up", base: 100, rampFrom: null, follows: null, prior: null },
};

/** A writer pool in which a leads and the others follow it. */
const led = (policy: NonNullable<Setup>["policy"] = {}): Bench =>
  after(
    new Bench({ at: start, policy: { role: "writer", ...policy } }),
    see("a", leads()),
    see("b", follows(at.a)),
    see("c", follows(at.a)),
    pass(60_000),
    see("a", leads()),
  );

const curve = {
  by: "lagSeconds",
  curve: [
    [0, 100],
    [10, 50],
    [30, 1],
  ],
  step: 5,
} as const;
const brake = { share: 0.5, withinMs: 10_000, forMs: 60_000 };
const abcd = ["a", "b", "c", "d"].map((name) => target(name));
const replicas = [target("a"), target("b"), target("primary", "backup")];

const checkOrders: readonly Situation[] = [
  { name: "healthy", target: "a", bench: allFit() },
  {
    name: "wrong-content",
    target: "a",
    bench: after(allFit(), settle("a", wrong), pass(45_000), see("a", wrong)),
  },
  { name: "first-failure", target: "a", bench: after(allFit(), pass(2000), see("a", refused)) },
  {
    name: "coming-back",
    target: "a",
    bench: after(allFit(), settle("a", refused), pass(30_000), see("a", page)),
  },
  { name: "drained", target: "a", bench: after(allFit(), ordered("drain", 1_800_000), pass(300_000), see("a", page)) },
  {
    name: "maint-without-end",
    target: "a",
    bench: after(allFit(), ordered("maint", null), pass(90_000_000), see("a", refused)),
  },
  { name: "stale", target: "a", bench: after(allFit(), pass(20_000)) },
  { name: "not-settled", target: "a", bench: after(new Bench({ at: start }), see("b", page)) },
  {
    name: "remembered",
    target: "a",
    bench: after(
      new Bench({ at: start, memory: { ...emptyMemory, targets: { a: remembered } }, policy: { settleMs: 1000 } }),
      see("b", page),
      see("c", page),
      pass(1500),
    ),
  },
  { name: "not-checked", target: "a", bench: new Bench({ at: start, checks: [] }), types: [] },
];

function twoChecks(): Bench {
  const bench = new Bench({ at: start, checks: [{}, {}] });
  const both = (name: string, second: Observation): void => {
    bench.see(name, page);
    bench.apply({ kind: "observed", target: name, check: 1, by: "timer", tookMs: 1, seen: second });
  };
  for (const name of ["a", "b", "c"]) both(name, seen("pass", { reason: "connected" }));
  for (let time = 0; time < 3; time++) {
    bench.pass(300);
    both("a", seen("fail", { reason: "10.0.0.98:11211: connection refused" }));
  }
  return bench;
}

function told(): Situation {
  const bench = after(allFit(), settle("a", refused), pass(3000), see("a", refused));
  return { name: "told-and-not-told", target: "a", bench, deliveries: runtime(bench) };
}

const poolRules: readonly Situation[] = [
  { name: "two-checks", target: "a", bench: twoChecks(), types: ["http-content", "tcp"] },
  told(),
  {
    name: "blind",
    target: "a",
    bench: after(allFit({}, lag(0)), pass(2000), see("a", denied), pass(240_000), see("a", denied)),
  },
  { name: "late", target: "a", bench: after(allFit({}, lag(0)), settle("a", lag(45))) },
  {
    name: "all-late",
    target: "a",
    bench: after(allFit({}, lag(0)), settle("a", lag(45)), settle("b", lag(90)), settle("c", lag(60))),
  },
  {
    name: "kept-by-at-least",
    target: "a",
    bench: after(allFit({ policy: { atLeast: { count: 2 } } }, lag(0)), settle("b", refused), settle("a", lag(45))),
  },
  {
    name: "lower-weight",
    target: "a",
    bench: after(allFit({ policy: { weight: curve, haproxyWeight: 100 } }, lag(0)), see("a", lag(8))),
  },
  {
    name: "ramp",
    target: "a",
    bench: after(
      allFit({ policy: { rampMs: 60_000, haproxyWeight: 100 } }),
      settle("a", refused),
      pass(5000),
      settle("a", page, 2),
      pass(20_000),
      see("a", page),
    ),
  },
  {
    name: "held-back",
    target: "a",
    bench: after(
      allFit({ policy: { damping: { maxMs: 300_000, quietMs: 600_000 } } }),
      ...[1, 2, 3].flatMap(() => [settle("a", refused), settle("a", page, 2)]),
      pass(2000),
      see("a", page),
    ),
  },
  {
    name: "braked",
    target: "a",
    bench: after(
      allFit({ targets: [...abcd, target("r", "reference")], policy: { brake } }),
      ...["a", "b", "c", "r"].map((name) => settle(name, refused)),
    ),
  },
  {
    name: "reference",
    target: "r",
    bench: allFit({ targets: [...abcd, target("r", "reference")], policy: { brake } }),
  },
];

const roles: readonly Situation[] = [
  {
    name: "primary-by-fallback",
    target: "primary",
    bench: after(
      allFit({ targets: replicas, policy: { fallback: true } }, lag(0)),
      settle("a", refused),
      settle("b", refused),
    ),
  },
  {
    name: "primary-stands-by",
    target: "primary",
    bench: allFit({ targets: replicas, policy: { fallback: true } }, lag(0)),
  },
  { name: "writer", target: "a", bench: led() },
  { name: "reader-in-a-writer-pool", target: "b", bench: after(led(), see("b", follows(at.a))) },
  {
    name: "hand-over",
    target: "b",
    bench: after(led(), (on) => on.see("a", refused, "event"), settle("c", follows(at.b)), settle("b", leads())),
  },
  {
    name: "two-writers",
    target: "b",
    bench: after(led({ witness: "none" }), settle("b", leads())),
  },
];

/** What happens at night: each is explained in words that are recorded beside the test. */
export const situations: readonly Situation[] = [...checkOrders, ...poolRules, ...roles];
