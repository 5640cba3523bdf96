import type { PoolSummary, TargetAnswer, TargetSummary } from "../../src/admin/answers.ts";
import type { PageReader } from "../../src/admin/page/reading.ts";
import type { PageRequest } from "../../src/admin/page-door.ts";

/** When it is, in all these tests. */
export const NOW = "2026-01-02T03:04:05.000Z";

/** A fit pool of three. */
export const poolOf = (more: Partial<PoolSummary> = {}): PoolSummary => ({
  ...{ name: "web", group: null, role: "readers", settled: true, state: "up", revision: 1 },
  ...{ members: 3, serving: 3, ordered: 0, needed: 1, backups: [], alarms: [] },
  ...more,
});

/** A fit member. */
export function targetOf(name: string, more: Partial<TargetSummary> = {}): TargetSummary {
  return {
    ...{ id: `web/${name}`, name, address: "10.0.0.1:80", part: "member", state: "up", weight: 100, serves: true },
    ...{ judged: "up", pending: false, stale: false, reason: "200", since: "2026-01-02T03:00:05.000Z" },
    ...{ observedAt: NOW, order: null, facts: {}, recent: "ppp", trend: null },
    ...more,
  };
}

/** One that is out. */
export const downOf = (name: string, more: Partial<TargetSummary> = {}): TargetSummary =>
  targetOf(name, {
    state: "down",
    weight: 0,
    serves: false,
    judged: "down",
    reason: "refused",
    recent: "pff",
    ...more,
  });

/** Everything about a target. */
export function answerOf(target: TargetSummary, more: Partial<TargetAnswer> = {}): TargetAnswer {
  const { state, weight, reason } = target;
  return {
    ...{ now: NOW, pool: poolOf(), target, meta: {} },
    verdict: {
      ...{ state: state ?? "down", weight, order: target.order?.order ?? null, reason },
      ...{ since: NOW, observedAt: NOW, staleAt: null },
      chain: [{ rule: "judge", state: state ?? "down", weight, note: reason }],
    },
    agent: { line: `${state} #${reason}`, changes: true },
    checks: [
      {
        ...{ type: "http-content", state: "up", since: NOW, pending: false, streak: 0, blind: null, observedAt: NOW },
        ...{
          outcome: "pass",
          reason,
          facts: { status: 200 },
          everyMs: 2000,
          fastMs: 250,
          rise: 2,
          fall: 3,
          cron: null,
        },
      },
    ],
    history: [
      {
        id: 1,
        at: NOW,
        check: "http-content",
        by: "timer",
        tookMs: 1.5,
        outcome: "pass",
        reason,
        facts: { status: 200 },
      },
    ],
    changes: [{ id: 2, at: NOW, state: state ?? "down", weight, order: null, reason, chain: [] }],
    deliveries: [],
    notes: [],
    explain: { lines: [{ about: "verdict", text: `up, for 4m: ${reason}` }], would: [] },
    ...more,
  };
}

/** A reader of these pools; `pieces` counts how often it was asked for one. */
export function readerOf(
  pools: readonly (readonly [PoolSummary, readonly TargetSummary[]])[],
  answer: TargetAnswer | null = null,
): PageReader & { pieces: number } {
  const reader = {
    pieces: 0,
    summaries: () => pools.map(([pool]) => pool),
    pool(name: string, { after, limit }: { readonly after: string | null; readonly limit: number }) {
      reader.pieces += 1;
      const found = pools.find(([pool]) => pool.name === name);
      if (found === undefined) return null;
      const [pool, targets] = found;
      const rest = targets.slice(after === null ? 0 : targets.findIndex((one) => one.name === after) + 1);
      const piece = rest.slice(0, limit);
      return { now: NOW, pool, targets: piece, next: rest.length > limit ? (piece.at(-1)?.name ?? null) : null };
    },
    target: (pool: string, name: string) => (answer !== null && answer.target.id === `${pool}/${name}` ? answer : null),
  };
  return reader;
}

/** What a browser asks for. */
export const requestOf = (path: string, more: Partial<PageRequest> = {}): PageRequest => ({
  ...{ path, query: {}, mayRead: true, mayOrder: true, language: "en" },
  ...more,
});
