import type { Ms, Observation, PoolPolicy } from "./types.ts";

/** Note of the step that says: HAProxy was told a lower weight before and keeps it, so every healthy line must say 100% now. */
export const toldNote = "a lower weight was told before, so 100% is said from now on";

const RAMP_STEPS = 10;
const RAMP_START = 0.05;

/** The weight a curve gives a value: straight lines between its points, level beyond its ends. */
export function curveWeight(curve: readonly (readonly [number, number])[], value: number): number {
  const points = [...curve].sort((a, b) => a[0] - b[0]);
  const after = points.find(([x]) => x >= value);
  const before = points.findLast(([x]) => x < value);
  if (after === undefined) return clamp(before?.[1] ?? 100);
  if (before === undefined) return clamp(after[1]);
  const share = (value - before[0]) / (after[0] - before[0]);
  return clamp(before[1] + share * (after[1] - before[1]));
}

/** The weight a target asks for before ramp and rules: `held` until the wanted one is a whole step away or at an end of its range. */
export function baseWeight(last: readonly (Observation | null)[], policy: PoolPolicy, held: number | null): number {
  const told = last.filter((seen) => seen !== null && (seen.outcome === "pass" || seen.outcome === "warn"));
  // A failed or blind probe brings no facts: that is no news about the weight.
  if (told.length === 0) return held ?? 100;
  const wanted = told.reduce((least, seen) => Math.min(least, seen?.weight ?? 100), byCurve(told, policy, held));
  if (held === null || policy.weight === null) return clamp(wanted);
  const ends = policy.weight.curve.map(([, weight]) => weight);
  const atEnd = [0, 100, Math.min(...ends), Math.max(...ends)].includes(wanted);
  return atEnd || Math.abs(wanted - held) >= policy.weight.step ? clamp(wanted) : held;
}

function byCurve(told: readonly (Observation | null)[], policy: PoolPolicy, held: number | null): number {
  if (policy.weight === null) return 100;
  const { by, curve } = policy.weight;
  const fact = told.map((seen) => seen?.facts[by]).find((value) => value !== undefined);
  if (typeof fact === "number" && Number.isFinite(fact)) return curveWeight(curve, fact);
  // A lag that cannot be measured is never lag 0.
  return held ?? Math.max(1, Math.min(...curve.map(([, weight]) => weight)));
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
