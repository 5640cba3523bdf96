import { formerOf } from "./decide/combine.ts";
import { addressOf } from "./decide/round.ts";
import { initialHealth } from "./judge.ts";
import { fullReason, judgedReason } from "./reason.ts";
import type { Claim, HealthState, Memory, Ms, Override, PoolPolicy, PoolView, Row, Target, Verdict } from "./types.ts";

/** Rows by the name of their target. */
export type Rows = Map<string, Row>;

/** Whether both hold the very same rows. */
export function sameRows(a: Rows, b: Rows): boolean {
  return a.size === b.size && [...a].every(([name, row]) => b.get(name) === row);
}

/** What rows are made with. */
export interface Ground {
  readonly checks: number;
  readonly memory: Memory;
  readonly overrides: ReadonlyMap<string, Override>;
  readonly at: Ms;
}

/** The rows of a new list: known targets keep what is known; the same name at another address or with another part is a new target. */
export function relist(rows: Rows, targets: readonly Target[], ground: Ground): Rows {
  const next: Rows = new Map();
  for (const target of targets) {
    if (next.has(target.name)) continue;
    const old = rows.get(target.name);
    if (old === undefined || !sameTarget(old.target, target)) next.set(target.name, newRow(target, ground));
    else next.set(target.name, sameMeta(old.target, target) ? old : { ...old, target });
  }
  return next;
}

/** Where each check stood before; -1: nowhere. Checks without names stay at their places. */
export function formerPlaces(was: readonly string[], names: readonly string[] | undefined, count: number): number[] {
  return names === undefined ? Array.from({ length: count }, (_, i) => i) : names.map((name) => was.indexOf(name));
}

/** The rows for other checks, given where each of them stood before; what these found is kept. */
export function replaced(rows: Rows, places: readonly number[], at: Ms): Rows {
  const next = [...rows].map(([name, row]) => {
    const { health } = row;
    if (health.length === places.length && places.every((place, i) => place === i)) return [name, row] as const;
    // Without checks it was trusted: that verdict stands until the first of them has confirmed another.
    const fresh = health.length > 0 ? initialHealth(at) : { ...initialHealth(at, "up"), observedAt: at };
    return [name, { ...row, health: places.map((place) => health[place] ?? fresh) }] as const;
  });
  return new Map(next);
}

/** Names that stand for another server now than before. */
export function movedNames(rows: Rows, next: Rows): readonly string[] {
  const moved = [...next.values()].filter(({ target }) => {
    const old = rows.get(target.name);
    return old !== undefined && !sameTarget(old.target, target);
  });
  return moved.map(({ target }) => target.name);
}

/** A target that has left while HAProxy still has it up: down, until that is heard. */
export function departed(row: Row, at: Ms): Row {
  const reason = "has left the pool";
  const last = { outcome: "fail", reason, facts: {}, weight: null, claim: null } as const;
  return { ...row, health: [{ ...initialHealth(at, "down"), last, observedAt: at }] };
}

/** Whether a list names a target that is in the pool already, unchanged. */
export function sameTarget(a: Target, b: Target): boolean {
  return addressOf(a) === addressOf(b) && a.part === b.part;
}

/** How many first observations are still to come. */
export function unseen(rows: Rows): number {
  let count = 0;
  for (const row of rows.values()) count += row.health.filter((health) => health.observedAt === null).length;
  return count;
}

/** The verdict with the news of one more observation that changed nothing: when, and in which words. Runs at every observation. */
export function freshened(
  verdict: Verdict,
  health: readonly HealthState[],
  judged: HealthState["state"],
  policy: PoolPolicy,
  now: Ms,
): Verdict {
  const observedAt = oldest(health, now);
  const staleAt = observedAt + policy.staleMs;
  const [first] = verdict.chain;
  const note = judgedReason(health, judged, now);
  if (first === undefined || note === first.note) return { ...verdict, observedAt, staleAt };
  const judge = { ...first, note };
  const chain = verdict.chain.length === 1 ? [judge] : [judge, ...verdict.chain.slice(1)];
  return { ...verdict, observedAt, staleAt, chain, reason: fullReason(chain, note) };
}

/** Whether a check is as blind, or as little, as before. */
export function sameSight(was: HealthState, now: HealthState): boolean {
  return (was.blind === null) === (now.blind === null) && (was.blindSince === null) === (now.blindSince === null);
}

/** Whether two claims lead to the same election; terms are left out, as they grow with every transaction. */
export function sameClaim(was: HealthState["claimed"], now: HealthState["claimed"]): boolean {
  if (was === null || now === null) return was === now;
  const [a, b] = [was.claim, now.claim];
  if (a === b) return true;
  const same = a.role === b.role && a.follows === b.follows && sameList(a.lineage, b.lineage);
  return same && named(a) === named(b);
}

/** Whom a majority of the Sentinels names; "": there is none; null: there are no Sentinels. */
function named({ witness }: Claim): string | null {
  if (witness === null) return null;
  return witness.votes * 2 > witness.of ? witness.says : "";
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((one, i) => one === b[i]));
}

/** The rows with new verdicts, all at once; null for those that have none. */
export function withVerdicts(rows: Rows, verdicts: readonly Verdict[]): Rows {
  const byName = new Map<string, Verdict>();
  for (const verdict of verdicts) byName.set(verdict.target.name, verdict);
  const next: Rows = new Map();
  for (const [name, { target, health, override }] of rows) {
    next.set(name, { target, health, override, verdict: byName.get(name) ?? null });
  }
  return next;
}

/** Names whose verdict differs between two states of a pool. */
export function changedNames(before: PoolView["rows"], after: Rows): readonly string[] {
  const changed: string[] = [];
  for (const [name, { verdict }] of after) {
    if (!sameVerdict(before.get(name)?.verdict ?? null, verdict)) changed.push(name);
  }
  for (const [name, { verdict }] of before) if (verdict !== null && !after.has(name)) changed.push(name);
  return changed;
}

function sameVerdict(a: Verdict | null, b: Verdict | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.state === b.state && a.weight === b.weight && a.order === b.order && addressOf(a.target) === addressOf(b.target)
  );
}

function sameMeta(a: Target, b: Target): boolean {
  const keys = Object.keys(a.meta);
  return keys.length === Object.keys(b.meta).length && keys.every((key) => a.meta[key] === b.meta[key]);
}

function newRow(target: Target, ground: Ground): Row {
  const override = ground.overrides.get(target.name) ?? null;
  const member = { target, health: [], override };
  const former = formerOf(member, ground.memory.targets);
  const health = Array.from({ length: ground.checks }, (_, i) => initialHealth(ground.at, former?.states[i]));
  return { target, health, override, verdict: null };
}

function oldest(health: readonly HealthState[], now: Ms): Ms {
  let at = now;
  for (const one of health) if (one.observedAt !== null && one.observedAt < at) at = one.observedAt;
  return at;
}
