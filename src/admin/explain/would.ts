// What would change a verdict: found by asking the rules themselves, never by knowing them.
import type { Ms, Row, Verdict } from "../../core/types.ts";
import { serves } from "../standing.ts";
import { imagine, type Scene, seenOften, timesUntil, verdictIn } from "./imagine.ts";
import { weightHint } from "./weight-hint.ts";
import { count, spanWords, verdictWords } from "./words.ts";

const isServing = (verdict: Verdict | null): boolean =>
  verdict !== null && verdict.state === "up" && verdict.weight > 0 && verdict.order === null;
const isOut = (verdict: Verdict | null): boolean => verdict !== null && !isServing(verdict);

/** What would change the verdict of a row, the nearest first. */
export function wouldChange(scene: Scene, row: Row): readonly string[] {
  const { view } = scene;
  if (row.target.part === "reference") return ["nothing: it is a reference, probed for the brake and never served"];
  if (!view.settled) return ["it is decided as soon as every source and target has answered once"];
  if (row.override !== null && row.verdict?.order != null) return orderEnds(scene, row, row.override.until);
  const found = serves(row) ? [...leaving(scene, row), ...heavier(scene, row)] : returning(scene, row);
  const all = [...found, ...byTime(scene, row)];
  return all.length > 0 ? all : ["nothing that its checks could find: the rules of the pool hold it"];
}

function orderEnds(scene: Scene, row: Row, until: Ms | null): readonly string[] {
  const id = `${scene.view.pool}/${row.target.name}`;
  const free = { ...row, override: null };
  const then = verdictIn(imagine(scene, { rows: [free], at: until ?? scene.now }), row.target.name);
  const after = then === null ? "what its checks say then" : `${verdictWords(then)}, as its checks stand now`;
  const ready = `checkd ready ${id} --reason TEXT`;
  if (until === null) return [`${ready} ends the order, which has no end of its own: then ${after}`];
  return [`the order ends by itself in ${spanWords(until - scene.now)}, or with ${ready}: then ${after}`];
}

/** What would take a serving target out. */
function leaving(scene: Scene, row: Row): readonly string[] {
  const found: string[] = [];
  const fails = row.health.length === 0 ? null : timesUntil(scene, row, "fail", isOut);
  if (fails !== null) {
    const left = fails.decision.verdicts.filter(({ target, ...rest }) => isServing({ target, ...rest })).length;
    found.push(`${count(fails.times, "failure")} in a row would take it out: ${remain(left)}`);
  } else if (row.health.length > 0) found.push("no number of failures alone would take it out: the rules hold it");
  const soft = row.health.length === 0 ? null : timesUntil(scene, row, "warn", isOut);
  if (soft !== null) found.push(`${count(soft.times, "unfit answer")} in a row (too late, too full) too`);
  else if (fails !== null) found.push("unfit answers (too late, too full) would not: it would be kept");
  return [...found, ...byOthers(scene, row, isOut, "takes its place")];
}

const remain = (left: number): string => (left === 0 ? "nobody would be left to serve" : `${left} would serve`);

/** What would bring a target back. */
function returning(scene: Scene, row: Row): readonly string[] {
  const found: string[] = [];
  const passes = row.health.length === 0 ? null : timesUntil(scene, row, "pass", isServing);
  if (passes !== null) {
    const then = verdictIn(passes.decision, row.target.name);
    const words = then === null ? "up" : verdictWords(then);
    found.push(`${count(passes.times, "pass", "passes")} in a row would bring it back: ${words}${need(row)}`);
  } else if (row.health.length > 0) found.push(...held(scene, row));
  return [...found, ...byOthers(scene, row, isServing, "comes in for it")];
}

/** What a check of replication asks for, where its reason names the limit. */
function need({ health }: Row): string {
  const limits = health.flatMap(({ last }) => {
    const [, limit] = /\bmax_lag (\d\S*)/.exec(last?.reason ?? "") ?? [];
    return limit === undefined ? [] : [limit];
  });
  return limits.length === 0 ? "" : `; it passes with a lag of at most ${limits[0]}`;
}

/** Passes alone do not bring it back: the rule that acts last says why. */
function held(scene: Scene, row: Row): readonly string[] {
  const often = Math.max(...scene.view.checks.map(({ rise }) => rise));
  const seen = seenOften(scene, row, "pass", often);
  const decision = imagine(scene, { rows: [seen.row], at: seen.at });
  const then = verdictIn(decision, row.target.name);
  const why = then?.reason ?? "nothing is known of it";
  const found = [`passes alone would not bring it back: ${why}`];
  if (decision.wakeAt === null) return found;
  const later = verdictIn(imagine(scene, { rows: [seen.row], at: decision.wakeAt }), row.target.name);
  if (!isServing(later)) return found;
  return [...found, `then it comes back in ${spanWords(decision.wakeAt - scene.now)}`];
}

/** One other target going down, or coming back, that changes this one's verdict. */
function byOthers(
  scene: Scene,
  row: Row,
  wanted: (verdict: Verdict | null) => boolean,
  how: string,
): readonly string[] {
  const found: string[] = [];
  for (const other of scene.view.rows.values()) {
    if (other === row || other.target.part === "reference" || found.length >= 2) continue;
    const outcome = serves(other) ? "fail" : "pass";
    const policies = scene.view.checks;
    const often = Math.max(1, ...policies.map(({ rise, fall }) => (outcome === "fail" ? fall : rise)));
    const seen = seenOften(scene, other, outcome, often);
    const decision = imagine(scene, { rows: [seen.row], at: seen.at });
    if (wanted(verdictIn(decision, row.target.name)))
      found.push(
        outcome === "pass" ? `${other.target.name} passing: ${how}` : `${other.target.name} going down: ${how}`,
      );
    else found.push(...later(scene, row, other.target.name, { seen, decision, wanted, how }));
  }
  return found;
}

interface Tried {
  readonly seen: { readonly row: Row; readonly at: Ms };
  readonly decision: ReturnType<typeof imagine>;
  readonly wanted: (verdict: Verdict | null) => boolean;
  readonly how: string;
}

/** A hand-over: the same once the time that the rules ask for has passed. */
function later(scene: Scene, row: Row, other: string, { seen, decision, wanted, how }: Tried): readonly string[] {
  const { memory, wakeAt } = decision;
  if (wakeAt === null || memory.handoverUntil === null) return [];
  const view = { ...scene.view, memory };
  const then = verdictIn(imagine({ view, now: scene.now }, { rows: [seen.row], at: wakeAt }), row.target.name);
  if (!wanted(then)) return [];
  return [`${other} going down: ${how} once HAProxy has heard of it, ${spanWords(wakeAt - seen.at)} later at most`];
}

/** What a higher weight hangs on. */
function heavier({ view }: Scene, row: Row): readonly string[] {
  const hint = weightHint(view.policy, row);
  return hint === null ? [] : [hint];
}

/** What time alone does. */
function byTime(scene: Scene, row: Row): readonly string[] {
  const wakeAt = imagine(scene, { rows: [] }).wakeAt;
  const { verdict } = row;
  if (wakeAt === null || verdict === null) return [];
  const then = verdictIn(imagine(scene, { rows: [], at: wakeAt }), row.target.name);
  if (then === null || (then.state === verdict.state && then.weight === verdict.weight)) return [];
  return [`in ${spanWords(wakeAt - scene.now)} by itself: ${verdictWords(then)} (${then.reason})`];
}
