import type { Curve, Facts, HealthState, Ms, PoolPolicy } from "./types.ts";

/** Note of the step that says: HAProxy was told a lower weight before and keeps it, so every healthy line must say 100% now. */
export const toldNote = "a lower weight was told before, so 100% is said from now on";

const RAMP_STEPS = 10;
const RAMP_START = 0.05;

/** The weight a curve gives a value: straight lines between its points, level beyond its ends. */
export function curveWeight(curve: Curve, value: number): number {
  let before: Curve[number] | null = null;
  let after: Curve[number] | null = null;
  for (const point of curve) {
    if (point[0] < value && (before === null || point[0] > before[0])) before = point;
    if (point[0] >= value && (after === null || point[0] < after[0])) after = point;
  }
  if (after === null) return clamp(before?.[1] ?? 100);
  if (before === null) return clamp(after[1]);
  const share = (value - before[0]) / (after[0] - before[0]);
  return clamp(before[1] + share * (after[1] - before[1]));
}

/** The weight a target asks for before ramp and rules: `held` until the wanted one is a whole step away or at an end of its range. */
export function baseWeight(health: readonly HealthState[], policy: PoolPolicy, held: number | null): number {
  let asked: number | null = null;
  let fact: Facts[string] | undefined;
  for (const { last } of health) {
    // A failed or blind probe brings no facts: that is no news about the weight.
    if (last === null || (last.outcome !== "pass" && last.outcome !== "warn")) continue;
    asked = Math.min(asked ?? 100, last.weight ?? 100);
    if (policy.weight !== null) fact ??= last.facts[policy.weight.by];
  }
  if (asked === null) return held ?? 100;
  if (policy.weight === null) return clamp(asked);
  const wanted = clamp(Math.min(asked, byCurve(policy.weight.curve, fact, held)));
  const stays = held !== null && !isEnd(policy.weight.curve, wanted) && Math.abs(wanted - held) < policy.weight.step;
  return stays ? held : wanted;
}

function byCurve(curve: Curve, fact: Facts[string] | undefined, held: number | null): number {
  if (typeof fact === "number" && Number.isFinite(fact)) return curveWeight(curve, fact);
  // A lag that cannot be measured is never lag 0.
  return (
    held ??
    Math.max(
      1,
      curve.reduce((least, [, weight]) => Math.min(least, weight), 100),
    )
  );
}

/** Whether a weight is an end of its range: those are taken at once, or 98 would never become 100 again. */
function isEnd(curve: Curve, weight: number): boolean {
  if (weight === 0 || weight === 100) return true;
  let [least, most] = [100, 0];
  for (const [, one] of curve) {
    least = Math.min(least, one);
    most = Math.max(most, one);
  }
  return weight === least || weight === most;
}

/** The part of its weight a target gets `elapsed` after its return, and when that grows next; null once it is whole. */
export function rampPart(elapsed: Ms, rampMs: Ms): { readonly part: number; readonly nextMs: Ms } | null {
  if (elapsed >= rampMs) return null;
  const step = Math.max(0, Math.floor((elapsed * RAMP_STEPS) / rampMs));
  return { part: Math.max(RAMP_START, step / RAMP_STEPS), nextMs: (rampMs * (step + 1)) / RAMP_STEPS };
}

/**
 * The percent to tell HAProxy. It computes trunc(haproxyWeight * percent / 100) (configuration manual, agent-check), so a
 * small percent of a small weight would be 0 and take the server out: it never is while the weight is above 0.
 */
export function percentFor(weight: number, haproxyWeight: number): number {
  if (weight <= 0 || haproxyWeight <= 0) return Math.max(0, weight);
  return Math.max(weight, Math.ceil(100 / haproxyWeight));
}

function clamp(weight: number): number {
  return Math.min(100, Math.max(0, Math.round(weight)));
}
