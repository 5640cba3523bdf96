import type { Gauge, Registry } from "prom-client";
import type { Board, Clock } from "../../contract.ts";
import type { PoolView, Row } from "../../core/types.ts";
import { factsOf } from "../pool-answers.ts";
import { countOf, judgedOf, serves } from "../standing.ts";
import type { Prom } from "./prom.ts";

/** Targets with series of their own; of more only the pools are counted. */
export const MOST_TARGETS = 5000;

/** What the gauges of pools and targets read. */
export interface PoolGauges {
  readonly board: Board;
  readonly clock: Clock;
}

/** One gauge: its labels beside the pool's, and what it says of each pool. */
interface Shape {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly each: (view: PoolView, set: (labels: Readonly<Record<string, string>>, value: number) => void) => void;
}

const POOLS: readonly Shape[] = [
  {
    name: "checkd_pool_members",
    help: "Members of a pool.",
    labels: [],
    each: (view, set) => set({}, countOf(view).members),
  },
  {
    name: "checkd_pool_serving_members",
    help: "Members that may take traffic: up, weight above 0, under no order.",
    labels: [],
    each: (view, set) => set({}, countOf(view).serving),
  },
  {
    name: "checkd_pool_lost_members",
    help: "Members that are out, and nobody ordered it; 0 in a writer pool, where all but one wait.",
    labels: [],
    each: (view, set) => set({}, view.policy.role === "writer" ? 0 : countOf(view).lost),
  },
  {
    name: "checkd_pool_needed_members",
    help: "What at_least comes to.",
    labels: [],
    each: (view, set) => set({}, countOf(view).needed),
  },
  {
    name: "checkd_pool_serving_backups",
    help: "Targets that serve by fallback.",
    labels: [],
    each: (view, set) => set({}, countOf(view).backups.length),
  },
  {
    name: "checkd_pool_ordered_members",
    help: "Members under an operator's order.",
    labels: ["order"],
    each: (view, set) => {
      const orders = [...view.rows.values()].map(({ verdict }) => verdict?.order);
      for (const order of ["drain", "maint"] as const) set({ order }, orders.filter((each) => each === order).length);
    },
  },
  {
    name: "checkd_pool_settled",
    help: "1 once everything has answered since start.",
    labels: [],
    each: (view, set) => set({}, Number(view.settled)),
  },
  {
    name: "checkd_pool_alarm",
    help: "1 for each alarm that stands, by code.",
    labels: ["code"],
    each: (view, set) => {
      for (const code of new Set(view.alarms.map((alarm) => alarm.code))) set({ code }, 1);
    },
  },
];

interface TargetShape {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Null: there is nothing to say of it. */
  readonly read: (row: Row, view: PoolView, now: number) => readonly [Readonly<Record<string, string>>, number] | null;
}

const STATES = { unknown: -1, down: 0, degraded: 1, up: 2 } as const;

const TARGETS: readonly TargetShape[] = [
  {
    name: "checkd_target_serves",
    help: "1 while it may take traffic: up, weight above 0, under no order.",
    labels: [],
    read: (row) => [{}, Number(serves(row))],
  },
  {
    name: "checkd_target_up",
    help: "The verdict: 1 up, 0 down; missing while there is none.",
    labels: [],
    read: ({ verdict }) => (verdict === null ? null : [{}, Number(verdict.state === "up")]),
  },
  {
    name: "checkd_target_weight_ratio",
    help: "The weight of the verdict, 0 to 1.",
    labels: [],
    read: ({ verdict }) => (verdict === null ? null : [{}, verdict.weight / 100]),
  },
  {
    name: "checkd_target_judged",
    help: "What its checks say: 2 up, 1 degraded, 0 down, -1 unknown.",
    labels: [],
    read: (row, view, now) => [{}, STATES[judgedOf(view, row, now)]],
  },
  {
    name: "checkd_target_observation_age_seconds",
    help: "Time since it was last looked at.",
    labels: [],
    read: ({ verdict, health }, _, now) =>
      verdict === null || health.length === 0 ? null : [{}, Math.max(0, now - verdict.observedAt) / 1000],
  },
  {
    name: "checkd_target_lag_seconds",
    help: "Replication lag, where the check measures it; missing while it is not known.",
    labels: [],
    read: (row) => numeric(factsOf(row).lagSeconds),
  },
  {
    name: "checkd_target_weight_fact",
    help: "The fact that the weight follows.",
    labels: ["fact"],
    read: (row, { policy }) => {
      const found = policy.weight === null ? null : numeric(factsOf(row)[policy.weight.by]);
      return found === null || policy.weight === null ? null : [{ fact: policy.weight.by }, found[1]];
    },
  },
];

const numeric = (value: unknown): readonly [Readonly<Record<string, string>>, number] | null =>
  typeof value === "number" && Number.isFinite(value) ? [{}, value] : null;

/** Gauges of pools and targets, read from the board when they are asked for: nothing is left behind by what is gone. */
export function poolMetrics({ Gauge: G }: Prom, registry: Registry, { board, clock }: PoolGauges): void {
  const registers = [registry];
  for (const { name, help, labels, each } of POOLS) {
    new G({
      ...{ name, help, registers, labelNames: ["pool", ...labels] },
      collect(this: Gauge) {
        this.reset();
        for (const view of board.pools()) each(view, (more, value) => this.set({ pool: view.pool, ...more }, value));
      },
    });
  }
  for (const { name, help, labels, read } of TARGETS) {
    new G({
      ...{ name, help, registers, labelNames: ["pool", "target", ...labels] },
      collect(this: Gauge) {
        this.reset();
        for (const [view, row] of shownTargets(board)) {
          const found = read(row, view, clock.now());
          if (found !== null) this.set({ pool: view.pool, target: row.target.name, ...found[0] }, found[1]);
        }
      },
    });
  }
  new G({
    name: "checkd_metrics_omitted_targets",
    help: `Targets without series of their own, as there are more than ${MOST_TARGETS}.`,
    registers,
    collect(this: Gauge) {
      let all = 0;
      for (const view of board.pools()) all += view.rows.size;
      this.set(Math.max(0, all - MOST_TARGETS));
    },
  });
}

function* shownTargets(board: Board): Iterable<readonly [PoolView, Row]> {
  let left = MOST_TARGETS;
  for (const view of board.pools())
    for (const row of view.rows.values()) {
      if (left <= 0) return;
      left -= 1;
      yield [view, row];
    }
}
