import type { Delivery } from "../../contract.ts";
import { formatReply } from "../../core/reply.ts";
import type { HealthState, Ms, Row } from "../../core/types.ts";
import type { Explanation } from "../answers.ts";
import { countOf, isStale, serves } from "../standing.ts";
import type { Scene } from "./imagine.ts";
import { ago, count, short, spanWords, verdictWords } from "./words.ts";
import { wouldChange } from "./would.ts";

/** All that a verdict is explained from. */
export interface Told extends Scene {
  readonly row: Row;
  /** Type of each check. */
  readonly types: readonly string[];
  /** The last of each outlet, about the target and about its pool. */
  readonly deliveries: readonly Delivery[];
  /** A steady time as a wall time for people. */
  readonly when: (at: Ms) => string;
}

/** The verdict in words: six lines, and what would change it. */
export function explain(told: Told): Explanation {
  const would = [...wouldChange(told, told.row)];
  return {
    lines: [
      { about: "verdict", text: verdictLine(told) },
      { about: "seen", text: seenLine(told) },
      { about: "order", text: orderLine(told) },
      { about: "pool", text: poolLine(told) },
      { about: "told", text: toldLine(told) },
      { about: "change", text: would[0] ?? "" },
    ],
    would,
  };
}

function verdictLine({ row, view, now }: Told): string {
  const { verdict, target } = row;
  if (target.part === "reference") return "none: it is a reference, which never serves";
  if (verdict === null)
    return view.settled ? "none yet: nothing was seen since start" : "none yet: the pool is not settled since start";
  const stale = isStale(row, now) ? `; but nothing was seen for ${spanWords(now - verdict.observedAt)}` : "";
  const serving = serves(row) ? "serves" : "takes no traffic";
  return `${verdictWords(verdict)}, ${serving}, for ${spanWords(now - verdict.since)}: ${short(verdict.reason)}${stale}`;
}

function seenLine(told: Told): string {
  const { row, types } = told;
  if (row.health.length === 0) return "not checked: the source and HAProxy's own check are trusted";
  const each = row.health.map((health, index) => {
    const type = row.health.length > 1 ? `${types[index] ?? `check ${index + 1}`}: ` : "";
    return type + seenWords(health, told, index);
  });
  return each.join("; ");
}

function seenWords(health: HealthState, { now, view }: Told, index: number): string {
  const { last, observedAt, state } = health;
  if (last === null || observedAt === null)
    return state === "unknown" ? "nothing yet" : `nothing since start, remembered as ${state}`;
  const what = `${last.outcome} ${ago(now - observedAt)} (${short(last.reason, 120)})`;
  if (health.blind !== null) {
    const held = state === "unknown" ? "there is no verdict" : `it is held ${state}`;
    return `${what}: our own fault, not the server's, so ${held}`;
  }
  return `${what}, judged ${state} for ${spanWords(now - health.since)}${confirming(health, view.checks[index])}`;
}

function confirming({ alive, good }: HealthState, policy: Told["view"]["checks"][number] | undefined): string {
  const streak = alive.streak !== 0 ? alive.streak : good.streak;
  if (streak === 0 || policy === undefined) return "";
  const of = streak > 0 ? policy.rise : policy.fall;
  return `; ${Math.abs(streak)} of ${of} that would change this`;
}

function orderLine({ row, now, when }: Told): string {
  const { override } = row;
  if (override === null) return "none";
  const { order, owner, reason, since, until } = override;
  const end = until === null ? "no end" : `until ${when(until)}, ${spanWords(until - now)} more`;
  return `${order} by ${owner} since ${when(since)} (${end}): ${short(reason)}`;
}

function poolLine({ view }: Told): string {
  const { members, serving, ordered, needed, backups } = countOf(view);
  const asks = view.policy.role === "writer" ? "one writer" : `at_least ${needed}`;
  const by = backups.length > 0 ? `, ${backups.join(", ")} by fallback` : "";
  const aside = ordered > 0 ? `, ${ordered} under order` : "";
  const alarms = view.alarms.map(({ target, text }) => (target === null ? text : `${target} ${text}`));
  const alarm = alarms.length === 0 ? "no alarm" : `${count(alarms.length, "alarm")}: ${short(alarms.join("; "), 200)}`;
  const settled = view.settled ? "" : " (not settled)";
  return `${serving} of ${count(members, "member")} ${serving === 1 || members === 1 ? "serves" : "serve"}${by}${aside}, ${asks}; ${alarm}${settled}`;
}

function toldLine(told: Told): string {
  const { row, view, now } = told;
  const { line, changes } = formatReply(row, view.policy, now);
  const agent = `agent "${line.trimEnd()}"${changes ? "" : " (changes nothing)"}`;
  const others = told.deliveries.filter((delivery) => isNews(delivery, told)).map((each) => deliveryWords(each, now));
  return [agent, ...others].join("; ");
}

/** The runtime outlet tells downs only: what it told of an earlier one is no news. */
function isNews({ outlet, told, at }: Delivery, { row }: Told): boolean {
  const { verdict } = row;
  return outlet !== "runtime" || told !== "down" || (verdict?.state === "down" && at >= verdict.since);
}

function deliveryWords({ outlet, state, at, told, shown, error }: Delivery, now: Ms): string {
  if (state === "failed") return `${outlet} fails: ${short(error ?? "no reason", 100)}`;
  if (state === "pending") return `${outlet} pending: ${short(told, 80)}`;
  const shows = shown === null || shown === told ? short(told, 80) : `${short(told, 60)}, shows ${short(shown, 60)}`;
  return `${outlet} synced ${ago(now - at)}: ${shows}`;
}
