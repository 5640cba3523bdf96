import type { Clock, Delivery, Entered } from "../contract.ts";
import { formatReply } from "../core/reply.ts";
import type { PoolView, Row, Verdict } from "../core/types.ts";
import type {
  ChangeAnswer,
  CheckAnswer,
  DeliveryAnswer,
  NoteAnswer,
  ObservationAnswer,
  TargetAnswer,
  VerdictAnswer,
} from "./answers.ts";
import { explain } from "./explain/lines.ts";
import { summaryOf, targetSummaryOf } from "./pool-answers.ts";
import { observationsOf } from "./recent.ts";
import { isoAt, isoOrNull } from "./times.ts";

/** All that the answer about one target is made of. */
export interface Known {
  readonly view: PoolView;
  readonly row: Row;
  readonly clock: Clock;
  /** Its journal, oldest first. */
  readonly entries: readonly Entered[];
  /** Type of each check. */
  readonly types: readonly string[];
  readonly deliveries: readonly Delivery[];
  /** When a line of the journal was written; null when that is not known. */
  cameAt(entered: Entered): number | null;
}

const NEVER = Number.MAX_SAFE_INTEGER;

/** Everything there is to know of one target. */
export function targetAnswerOf(known: Known): TargetAnswer {
  const { view, row, clock, entries, types } = known;
  const { line, changes } = formatReply(row, view.policy, clock.now());
  return {
    now: isoAt(clock, clock.now()),
    pool: summaryOf(view),
    target: targetSummaryOf(view, row, entries, clock),
    meta: row.target.meta,
    verdict: row.verdict === null ? null : verdictAnswerOf(row.verdict, clock),
    agent: { line: line.trimEnd(), changes },
    checks: checksOf(known),
    history: observationsOf(entries).map(([id, observed]) => observationOf(id, observed, types, clock)),
    changes: changesOf(known),
    deliveries: known.deliveries.map((delivery) => deliveryOf(delivery, clock)),
    notes: notesOf(known),
    explain: explain({ ...known, now: clock.now(), when: (at) => isoAt(clock, at).replace(/\.\d+Z$/, "Z") }),
  };
}

function verdictAnswerOf(verdict: Verdict, clock: Clock): VerdictAnswer {
  const { state, weight, order, reason, since, observedAt, staleAt, chain } = verdict;
  return {
    ...{ state, weight, order, reason },
    since: isoAt(clock, since),
    observedAt: isoAt(clock, observedAt),
    staleAt: staleAt === NEVER ? null : isoAt(clock, staleAt),
    chain: chain.map((step) => ({ ...step })),
  };
}

function checksOf({ view, row, types, clock }: Known): CheckAnswer[] {
  return row.health.flatMap((health, index) => {
    const policy = view.checks[index];
    if (policy === undefined) return [];
    const { state, since, pending, alive, good, blind, observedAt, last } = health;
    const { everyMs, fastMs, rise, fall, cron } = policy;
    return [
      {
        type: types[index] ?? `check ${index + 1}`,
        ...{ state, pending, blind, everyMs, fastMs, rise, fall, cron },
        since: isoAt(clock, since),
        streak: Math.abs(alive.streak !== 0 ? alive.streak : good.streak),
        observedAt: isoOrNull(clock, observedAt),
        outcome: last?.outcome ?? null,
        reason: last?.reason ?? null,
        facts: last?.facts ?? {},
      },
    ];
  });
}

type Observed = ReturnType<typeof observationsOf>[number][1];

/** One observation as it is told. */
export function observationOf(id: number, input: Observed, types: readonly string[], clock: Clock): ObservationAnswer {
  const { at, check, by, tookMs, seen } = input;
  return {
    ...{ id, by },
    at: isoAt(clock, at),
    check: types[check] ?? `check ${check + 1}`,
    tookMs: Math.round(tookMs * 100) / 100,
    outcome: seen.outcome,
    reason: seen.reason,
    facts: seen.facts,
  };
}

/** One change of a verdict as it is told; `at` is when it came. */
export function changeOf(id: number, at: number, verdict: Verdict, clock: Clock): ChangeAnswer {
  const { state, weight, order, reason, chain } = verdict;
  return { id, at: isoAt(clock, at), state, weight, order, reason, chain: chain.map((step) => ({ ...step })) };
}

function changesOf({ entries, clock, cameAt }: Known): ChangeAnswer[] {
  return entries.flatMap((entered) => {
    const { id, what } = entered;
    if (!("chain" in what)) return [];
    return [changeOf(id, cameAt(entered) ?? Math.max(what.since, what.observedAt), what, clock)];
  });
}

/** One delivery as it is told. */
export function deliveryOf(delivery: Delivery, clock: Clock): DeliveryAnswer {
  const { outlet, about, state, at, told, shown, error } = delivery;
  return { outlet, about, state, at: isoAt(clock, at), told, shown, error };
}

function notesOf({ entries, clock, cameAt }: Known): NoteAnswer[] {
  return entries.flatMap((entered) => {
    const { id, what } = entered;
    if (!("code" in what)) return [];
    return [{ id, at: isoOrNull(clock, cameAt(entered)), code: what.code, text: what.text }];
  });
}
