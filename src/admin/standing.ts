// What the answers say of a pool and of a target, taken from the board's view.
import { combined, limited } from "../core/decide/combine.ts";
import { needOf } from "../core/decide/floor.ts";
import { recall } from "../core/memory.ts";
import type { HealthState, Ms, PoolView, Row } from "../core/types.ts";

/** Whether a target may take traffic: up, with a weight, and under no order. */
export const serves = ({ verdict }: Row): boolean =>
  verdict !== null && verdict.state === "up" && verdict.weight > 0 && verdict.order === null;

/** What the checks say together, before the rules of the pool. */
export function judgedOf(view: PoolView, row: Row, now: Ms): HealthState["state"] {
  const states = row.health.map((health) => limited(health, view.policy.unknownMs, now));
  const state = combined(states, view.policy.require);
  return state === "unknown" ? (recall(view.memory.targets, row.target.name)?.judged ?? "unknown") : state;
}

/** Nothing was seen for longer than `stale_after`; an order needs no probe to stay true. */
export const isStale = ({ verdict }: Row, now: Ms): boolean =>
  verdict !== null && verdict.order === null && now > verdict.staleAt;

/** A pool in numbers. */
export interface Counted {
  readonly members: number;
  readonly serving: number;
  readonly ordered: number;
  /** What `at_least` comes to. */
  readonly needed: number;
  /** Targets that serve by `fallback`. */
  readonly backups: readonly string[];
  /** Members that are out, and nobody ordered it. */
  readonly lost: number;
}

/** Counts the targets of a pool. */
export function countOf(view: PoolView): Counted {
  const counted = { members: 0, serving: 0, ordered: 0, lost: 0 };
  const backups: string[] = [];
  for (const row of view.rows.values()) {
    const { part, name } = row.target;
    if (part === "backup" && serves(row)) backups.push(name);
    if (part !== "member") continue;
    counted.members += 1;
    if (serves(row)) counted.serving += 1;
    else if (row.verdict?.order != null) counted.ordered += 1;
    else counted.lost += 1;
  }
  return { ...counted, needed: needOf(view.policy, counted.members), backups };
}

/** How a pool is, in one word. Of a writer pool one member serves and the others wait: that is no loss. */
export function stateOf(view: PoolView, { members, serving, lost, backups }: Counted): PoolWord {
  if (!view.settled) return "unknown";
  if (members === 0 && view.alarms.length === 0) return "up";
  if (serving === 0) return backups.length > 0 ? "degraded" : "down";
  const out = view.policy.role === "writer" ? 0 : lost;
  return out > 0 || view.alarms.length > 0 ? "degraded" : "up";
}

/** How a pool is. */
export type PoolWord = "unknown" | "down" | "degraded" | "up";
