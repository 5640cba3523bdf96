import type { HealthState, Ms, Step } from "./types.ts";

/** A span of time in the coarsest unit that still says something: 45s, 12m, 3h. */
export function age(ms: Ms): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)}m` : `${Math.round(seconds / 3600)}h`;
}

/** Why a target has its judged state, in the words of the check that decides. */
export function judgedReason(health: readonly HealthState[], judged: HealthState["state"], now: Ms): string {
  const [only] = health;
  if (only === undefined) return "not checked";
  if (health.length === 1) return reasonOf(only, now);
  const same = health.filter((one) => one.state === judged);
  const telling = same.find((one) => one.blind !== null) ?? same.find((one) => one.pending) ?? same[0];
  return reasonOf(telling ?? health.find((one) => one.blind !== null) ?? only, now);
}

/** The reason of a verdict: the last rule that acted, then what the checks say where that still matters. */
export function fullReason(chain: readonly Step[], judged: string): string {
  if (chain.length === 1) return judged;
  const acted = chain.findLast((step) => step.rule !== "judge" && step.rule !== "weight");
  if (acted === undefined) return judged;
  const says =
    acted.rule === "override" || (acted.state === "down" && (acted.rule === "writer" || acted.rule === "fallback"));
  return says ? acted.note : `${acted.note}: ${judged}`;
}

function reasonOf(health: HealthState, now: Ms): string {
  if (health.blind !== null) return `not known for ${age(now - (health.knownAt ?? health.since))}: ${health.blind}`;
  if (health.last === null) return "as remembered, not seen since start";
  const { outcome, reason } = health.last;
  const text = reason === "" ? "ok" : reason;
  const confirmed = { up: "pass", degraded: "warn", down: "fail", unknown: "unknown" }[health.state];
  if (outcome === confirmed) return text;
  if (health.state === "down") return `answers again (${text}), not yet confirmed`;
  return outcome === "pass" ? `fit again (${text}), not yet confirmed` : `${text}, not yet confirmed`;
}
