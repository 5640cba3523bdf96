import type { Clock, Entered } from "../contract.ts";
import { addressOf } from "../core/decide/round.ts";
import type { Facts, Override, PoolView, Row } from "../core/types.ts";
import type { OrderAnswer, PoolSummary, TargetSummary } from "./answers.ts";
import { recentOf } from "./recent.ts";
import { countOf, isStale, judgedOf, serves, stateOf } from "./standing.ts";
import { isoAt, isoOrNull } from "./times.ts";

/** A pool in a list. */
export function summaryOf(view: PoolView): PoolSummary {
  const counted = countOf(view);
  const { members, serving, ordered, needed, backups } = counted;
  return {
    name: view.pool,
    group: view.group,
    role: view.policy.role,
    settled: view.settled,
    state: stateOf(view, counted),
    revision: view.revision,
    ...{ members, serving, ordered, needed },
    backups: [...backups],
    alarms: view.alarms.map(({ code, text, target }) => ({ code, text, target })),
  };
}

/** An order in words of wall time. */
export function orderAnswerOf(clock: Clock, override: Override): OrderAnswer {
  const { order, owner, reason, since, until } = override;
  return { order, owner, reason, since: isoAt(clock, since), until: isoOrNull(clock, until) };
}

/** A target in its pool; `entries` are its journal. */
export function targetSummaryOf(view: PoolView, row: Row, entries: readonly Entered[], clock: Clock): TargetSummary {
  const { target, verdict, override, health } = row;
  const now = clock.now();
  return {
    id: `${view.pool}/${target.name}`,
    name: target.name,
    address: addressOf(target),
    part: target.part,
    state: verdict?.state ?? null,
    weight: verdict?.weight ?? 0,
    serves: serves(row),
    judged: judgedOf(view, row, now),
    pending: health.some(({ pending }) => pending),
    stale: isStale(row, now),
    reason: verdict?.reason ?? unseenReason(row),
    since: isoOrNull(clock, verdict?.since ?? null),
    observedAt: isoOrNull(clock, verdict?.observedAt ?? null),
    order: override === null ? null : orderAnswerOf(clock, override),
    facts: factsOf(row),
    ...recentOf(entries, view.policy),
  };
}

/** The facts of all checks together; of the same name the first check's. */
export function factsOf({ health }: Row): Facts {
  return Object.assign({}, ...[...health].reverse().map(({ last }) => last?.facts ?? {}));
}

/** Why there is no verdict. */
function unseenReason({ target, health }: Row): string {
  const [last] = health.flatMap((one) => (one.last === null ? [] : [one.last.reason]));
  if (target.part === "reference") return last ?? "not seen yet";
  return last === undefined ? "no verdict yet: not seen since start" : `no verdict yet: ${last}`;
}

const RANK = { down: 0, degraded: 1, unknown: 2, up: 3 } as const;

/** Unhealthy pools first, then by group and name. */
export function byUrgency(a: PoolSummary, b: PoolSummary): number {
  return RANK[a.state] - RANK[b.state] || (a.group ?? "").localeCompare(b.group ?? "") || a.name.localeCompare(b.name);
}
