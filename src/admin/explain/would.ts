// What would change a verdict: found by asking the rules themselves, never by knowing them.
import type { Ms, Observation, PoolDecision, Row, Verdict } from "../../core/types.ts";
import { isStale, serves } from "../standing.ts";
import { imagine, type Scene, type Seen, seenOften, timesUntil, verdictIn } from "./imagine.ts";
import { weightHint } from "./weight-hint.ts";
import { count, spanWords, verdictWords } from "./words.ts";

type Wanted = (verdict: Verdict | null) => boolean;

const isServing: Wanted = (verdict) =>
  verdict !== null && verdict.state === "up" && verdict.weight > 0 && verdict.order === null;
const isOut: Wanted = (verdict) => verdict !== null && !isServing(verdict);

/** What would change the verdict of a row, the nearest first; never empty. */
export function wouldChange(scene: Scene, row: Row): readonly string[] {
  const { view, now } = scene;
  if (row.target.part === "reference") return ["nothing: it is a reference, probed for the brake and never served"];
  if (!view.settled) return ["it is decided as soon as every source and target has answered once"];
  if (row.override !== null && row.verdict?.order != null) return orderEnds(scene, row, row.override.until);
  if (row.health.length === 0) return ["nothing that is probed, as it has no check: only its source, or an order"];
  const stale = isStale(row, now) ? ["any observation: until there is one, HAProxy is told nothing new"] : [];
  const soon = byTime(scene, row);
  if (serves(row)) return [...stale, ...leaving(scene, row), ...soon, ...heavier(scene, row)];
  return [...stale, ...returning(scene, row, soon.length > 0), ...soon];
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

const inRow = (times: number, what: string, many?: string): string =>
  count(times, what, many) + (times === 1 ? "" : " in a row");

/** What would take a serving target out. */
function leaving(scene: Scene, row: Row): readonly string[] {
  const fails = timesUntil(scene, row, "fail", isOut);
  const soft = timesUntil(scene, row, "warn", isOut);
  const found =
    fails === null
      ? ["no number of failures alone would take it out: the rules of the pool hold it"]
      : [`${inRow(fails.times, "failure")} would take it out: ${remain(fails.decision)}`];
  if (soft !== null) found.push(`so would ${inRow(soft.times, "unfit answer")} (too late, too full)`);
  else if (fails !== null) found.push("unfit answers (too late, too full) would not: it would be kept");
  return [...found, ...byOthers(scene, row, isOut, "this one would go out")];
}

function remain({ verdicts }: PoolDecision): string {
  const left = verdicts.filter(isServing).length;
  return left === 0 ? "nobody would be left to serve" : `${left} would serve`;
}

/** What would bring a target back; `soon`: time alone does. */
function returning(scene: Scene, row: Row, soon: boolean): readonly string[] {
  const passes = timesUntil(scene, row, "pass", isServing);
  const others = byOthers(scene, row, isServing, "this one would come in");
  if (passes !== null) {
    const then = verdictIn(passes.decision, row.target.name);
    const how = row.verdict === null ? "decide it" : "bring it back";
    const words = then === null ? "up" : verdictWords(then);
    return [`${inRow(passes.times, "pass", "passes")} would ${how}: ${words}${need(row)}`, ...others];
  }
  const passing = row.health.every(({ good, pending }) => good.on === true && !pending);
  const reason = row.verdict?.reason ?? "nothing is known of it";
  if (passing) return [...(soon ? [] : [`not its checks, which pass: ${reason}`]), ...others, ...byLoss(scene, row)];
  return [...held(scene, row), ...others];
}

/** What a check of replication asks for, where its reason names the limit. */
function need({ health }: Row): string {
  const limits = health.flatMap(({ last }) => /\bmax_lag (\d\S*)/.exec(last?.reason ?? "")?.slice(1) ?? []);
  return limits.length === 0 ? "" : `; it passes with a lag of at most ${limits[0]}`;
}

/** Passes alone do not bring it back: the rule that acts last says why, and when it would let go. */
function held(scene: Scene, row: Row): readonly string[] {
  const often = Math.max(...scene.view.checks.map(({ rise }) => rise));
  const seen = seenOften(scene, row, "pass", often);
  const decision = imagine(scene, { rows: [seen.row], at: seen.at });
  const why = verdictIn(decision, row.target.name)?.reason ?? "nothing is known of it";
  const found = `passes alone would not bring it back: ${why}`;
  if (decision.wakeAt === null) return [found];
  const later = verdictIn(imagine(scene, { rows: [seen.row], at: decision.wakeAt }), row.target.name);
  return isServing(later)
    ? [found, `passes until then bring it back in ${spanWords(decision.wakeAt - scene.now)}`]
    : [found];
}

const FEW = 8;
const MOST_OF_MANY = 3;

/** Others whose change may matter to this one; a rule that ties it to others must act. In a large pool few are tried. */
function othersOf({ view }: Scene, row: Row): readonly Row[] {
  const { kept, served, writer, brakedSince } = view.memory;
  const { name, part } = row.target;
  const isTied = view.policy.role === "writer" || part === "backup" || kept.includes(name) || brakedSince !== null;
  if (!isTied && serves(row)) return [];
  const others = [...view.rows.values()].filter((other) => other !== row);
  if (others.length <= FEW) return others;
  const isTelling = ({ target }: Row): boolean =>
    target.part !== "member" || kept.includes(target.name) || target.name === served || target.name === writer;
  return others.filter(isTelling).slice(0, MOST_OF_MANY);
}

/** One other target going down, or passing, that changes this one's verdict. */
function byOthers(scene: Scene, row: Row, wanted: Wanted, how: string): readonly string[] {
  const found: string[] = [];
  for (const other of othersOf(scene, row)) {
    const outcome = serves(other) ? "fail" : "pass";
    const seen = settled(scene, other, outcome);
    const decision = imagine(scene, { rows: [seen.row], at: seen.at });
    const word = outcome === "fail" ? "went down" : "passed";
    if (wanted(verdictIn(decision, row.target.name))) found.push(`if ${other.target.name} ${word}, ${how}`);
    else if (outcome === "fail") found.push(...afterHandover(scene, row, { seen, decision, wanted, how }));
  }
  return found.slice(0, 2);
}

/** The row after so many equal outcomes that every check believes them. */
function settled(scene: Scene, row: Row, outcome: Observation["outcome"]): Seen {
  const often = Math.max(1, ...scene.view.checks.map(({ rise, fall }) => (outcome === "fail" ? fall : rise)));
  return seenOften(scene, row, outcome, often);
}

interface Tried {
  readonly seen: Seen;
  readonly decision: PoolDecision;
  readonly wanted: Wanted;
  readonly how: string;
}

/** The same once a hand-over is through. */
function afterHandover(scene: Scene, row: Row, { seen, decision, wanted, how }: Tried): readonly string[] {
  const { memory, wakeAt } = decision;
  if (wakeAt === null || memory.handoverUntil === null) return [];
  const view = { ...scene.view, memory };
  const then = verdictIn(imagine({ view, now: scene.now }, { rows: [seen.row], at: wakeAt }), row.target.name);
  if (!wanted(then)) return [];
  const most = spanWords(wakeAt - seen.at);
  return [`if ${seen.row.target.name} went down, ${how} once HAProxy has heard of that, ${most} later at most`];
}

/** A backup serves when nobody else does. */
function byLoss(scene: Scene, row: Row): readonly string[] {
  if (row.target.part !== "backup") return [];
  const members = [...scene.view.rows.values()].filter(({ target }) => target.part === "member");
  const lost = members.map((member) => settled(scene, member, "fail"));
  const at = Math.max(scene.now, ...lost.map((seen) => seen.at));
  const then = verdictIn(imagine(scene, { rows: lost.map((seen) => seen.row), at }), row.target.name);
  return isServing(then) ? [`if all ${members.length} members went down, this one would come in`] : [];
}

/** What a higher weight hangs on. */
function heavier({ view }: Scene, row: Row): readonly string[] {
  const hint = weightHint(view.policy, row);
  return hint === null ? [] : [hint];
}

/** What time alone does. */
function byTime(scene: Scene, row: Row): readonly string[] {
  const { wakeAt } = imagine(scene, { rows: [] });
  const { verdict } = row;
  if (wakeAt === null || verdict === null) return [];
  const then = verdictIn(imagine(scene, { rows: [], at: wakeAt }), row.target.name);
  if (then === null || (then.state === verdict.state && then.weight === verdict.weight)) return [];
  const why = then.state === verdict.state ? "" : ` (${then.reason})`;
  return [`in ${spanWords(wakeAt - scene.now)} by itself: ${verdictWords(then)}${why}`];
}
