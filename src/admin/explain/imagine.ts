// "What if": the same decide() and judge() that the engine uses, on a changed copy of what is known.
import { decide } from "../../core/decide/index.ts";
import { judge } from "../../core/judge.ts";
import type { Ms, Observation, PoolDecision, PoolView, Row, Verdict } from "../../core/types.ts";

/** A pool as it is known at an instant. */
export interface Scene {
  readonly view: PoolView;
  readonly now: Ms;
}

/** Other rows in place of those of the same names, at another time perhaps. */
export interface Change {
  readonly rows: readonly Row[];
  readonly at?: Ms;
}

/** What the rules would come to. */
export function imagine({ view, now }: Scene, { rows, at = now }: Change): PoolDecision {
  const changed = new Map(rows.map((row) => [row.target.name, row]));
  const members = [...view.rows.values()].map((row) => changed.get(row.target.name) ?? row);
  return decide({ pool: view.pool, now: at, policy: view.policy, members, memory: view.memory });
}

/** The verdict of one target in a decision. */
export const verdictIn = (decision: PoolDecision, name: string): Verdict | null =>
  decision.verdicts.find(({ target }) => target.name === name) ?? null;

/** What was seen `count` times in a row, and when the last of them would be. */
export interface Seen {
  readonly row: Row;
  readonly at: Ms;
}

/** The row after the same outcome came so often from every check, each time as soon as it counts. */
export function seenOften(scene: Scene, row: Row, outcome: Observation["outcome"], count: number): Seen {
  let seen: Seen = { row, at: scene.now };
  for (let time = 0; time < count; time++) seen = seenOnce(scene, seen, outcome, time === 0);
  return seen;
}

function seenOnce({ view, now }: Scene, { row, at }: Seen, outcome: Observation["outcome"], isFirst: boolean): Seen {
  const seen = { outcome, reason: outcome, facts: {}, weight: null, claim: null };
  let latest = at;
  const health = row.health.map((was, index) => {
    const policy = view.checks[index];
    if (policy === undefined) return was;
    const counts = (was.countedAt ?? 0) + policy.fastMs;
    const when = isFirst ? Math.max(now, counts) : counts;
    latest = Math.max(latest, when);
    return judge(was, seen, "timer", policy, when, when);
  });
  return { row: { ...row, health }, at: latest };
}

const MOST = 100;

/** What so many equal outcomes come to. */
export interface Reached {
  readonly times: number;
  readonly decision: PoolDecision;
  readonly inMs: Ms;
}

/** The least number of equal outcomes after which a verdict is as wanted; null when no number does it. */
export function timesUntil(
  scene: Scene,
  row: Row,
  outcome: Observation["outcome"],
  wanted: (verdict: Verdict | null) => boolean,
): Reached | null {
  let seen: Seen = { row, at: scene.now };
  for (let times = 1; times <= MOST; times++) {
    const before = statesOf(seen.row);
    seen = seenOnce(scene, seen, outcome, times === 1);
    // A pool decides when a state changes; in between the same rules would say the same.
    if (statesOf(seen.row) !== before) {
      const decision = imagine(scene, { rows: [seen.row], at: seen.at });
      if (wanted(verdictIn(decision, row.target.name))) return { times, decision, inMs: seen.at - scene.now };
    } else if (seen.row.health.every(({ pending }) => !pending)) return null;
  }
  return null;
}

const statesOf = ({ health }: Row): string =>
  health.map(({ state, observedAt, blind }) => `${state} ${observedAt === null} ${blind === null}`).join();
