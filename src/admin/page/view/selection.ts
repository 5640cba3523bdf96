// Which targets of a pool get a row, and in which order.
import type { PoolSummary, TargetSummary } from "../../answers.ts";
import type { Band, Moment, Scope } from "./shown.ts";
import { stateWord, tone } from "./words.ts";

/** Among others a pool shows so many sick and so many healthy targets; its own page shows all. */
const MOST_SICK = 40;
/** Healthy targets that are not folded away. */
export const SHOWN_GOOD = 12;
/** With more targets than this a pool that is well is one line. */
const MOST_TARGETS = 80;
const MOST_MOMENTS = 20;

/** Whether somebody should look at it: these come first, and are never folded. */
export const needsEyes = (target: TargetSummary, pool: PoolSummary): boolean =>
  target.part !== "reference" && ["bad", "fair"].includes(tone(target, pool));

const RANK = { bad: 0, fair: 1, calm: 2, good: 3 } as const;
const PARTS = { member: 0, backup: 1, reference: 2 } as const;
const STATES = { down: 0, degraded: 1, unknown: 2, up: 3 } as const;

/** Unhealthy first; then members before backups; then by name, numbers as numbers. */
export function inOrder(targets: readonly TargetSummary[], pool: PoolSummary): readonly TargetSummary[] {
  const rank = (target: TargetSummary): number =>
    (needsEyes(target, pool) || target.order !== null ? 0 : 10 + PARTS[target.part]) + RANK[tone(target, pool)] / 10;
  const keyed = targets.map((target) => [rank(target), target] as const);
  const byName = new Intl.Collator("en", { numeric: true }).compare;
  return keyed.sort(([a, one], [b, other]) => a - b || byName(one.name, other.name)).map(([, target]) => target);
}

/** Unhealthy pools first, then by name. */
export const poolsInOrder = (pools: readonly PoolSummary[]): readonly PoolSummary[] =>
  [...pools].sort((a, b) => STATES[a.state] - STATES[b.state] || (a.name < b.name ? -1 : 1));

/** Whether a pool gets rows: all where there are few targets or one pool alone is looked at, else those that are not well. */
export function hasRows(pool: PoolSummary, all: readonly PoolSummary[], { find }: Scope): boolean {
  if (find !== "" || all.length === 1 || pool.state !== "up" || pool.ordered > 0) return true;
  return all.reduce((sum, { members }) => sum + members, 0) <= MOST_TARGETS;
}

/** Whether a target is what is looked for. */
export function isFound({ name, address, reason }: TargetSummary, find: string): boolean {
  const wanted = find.toLowerCase();
  return [name, address, reason].some((text) => text.toLowerCase().includes(wanted));
}

/** A pool with its rows: every one on its own page, the most telling ones among other pools. `left`: those not looked for. */
export function bandOf(pool: PoolSummary, targets: readonly TargetSummary[], left: number, alone: boolean): Band {
  const ordered = inOrder(targets, pool);
  if (alone) return { pool, targets: ordered, more: left };
  const eyes = ordered.filter((target) => needsEyes(target, pool) || target.order !== null);
  const rest = ordered.slice(eyes.length);
  const shown = [...eyes.slice(0, MOST_SICK), ...rest.slice(0, SHOWN_GOOD)];
  return { pool, targets: shown, more: left + targets.length - shown.length };
}

/** The newest of what happened to these targets, newest first. */
export function momentsOf(pool: PoolSummary, targets: readonly TargetSummary[]): readonly Moment[] {
  const moments = targets.flatMap((target) => {
    const { name, order, since, reason } = target;
    const at = order?.since ?? since;
    if (at === null) return [];
    const text = order === null ? reason : `by ${order.owner}: ${order.reason}`;
    return [{ at, pool: pool.name, target: name, tone: tone(target, pool), word: stateWord(target, pool), text }];
  });
  return newest(moments);
}

/** The newest first, and no more than fit. */
export const newest = (moments: readonly Moment[]): readonly Moment[] =>
  [...moments].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0)).slice(0, MOST_MOMENTS);
