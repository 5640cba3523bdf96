// The numbers that one check is judged by.
import { staleAfter } from "../../core/timing.ts";
import type { Ms, Policy } from "../../core/types.ts";
import type { Loading } from "../loading.ts";
import { POOL_DEFAULTS } from "../schema/defaults.ts";
import { DefaultsKeys } from "../schema/pool.ts";
import { FOREVER_MS } from "../schema/values.ts";
import { type Layers, type Said, said } from "./layers.ts";

const { weight_step: _step, brake: _brake, damping: _damping, shrink_guard: _guard, ...plain } = POOL_DEFAULTS;

/** The built-in values, parsed by the schema that parses the file. */
export const BUILT_IN = DefaultsKeys.parse(plain);

/** A policy, and how long its verdicts are news when nothing is configured. */
export interface Timing {
  readonly policy: Policy;
  readonly staleMs: Ms;
}

interface Rhythm {
  readonly everyMs: Ms;
  readonly cron: string | null;
  /** Of the most specific `every` or `cron`. */
  readonly rank: number;
}

/** Timing of a check from the places that speak about it; `costly` checks confirm at `every`. */
export async function readTiming(loading: Loading, layers: Layers, cost: "costly" | "cheap"): Promise<Timing> {
  const value = <K extends keyof typeof BUILT_IN>(key: K) => said(layers, key)?.value ?? BUILT_IN[key];
  const rhythm = await readRhythm(loading, layers);
  const usual = cost === "costly" ? value("every") : BUILT_IN.fast;
  const policy: Policy = {
    everyMs: rhythm.everyMs,
    cron: rhythm.cron,
    fastMs: readFast(loading, said(layers, "fast"), usual ?? 0, rhythm),
    timeoutMs: value("timeout") ?? 0,
    rise: value("rise") ?? 1,
    fall: value("fall") ?? 1,
    fallForMs: value("fall_for") ?? 0,
    first: value("first") ?? "at_once",
    waitMs: value("wait") ?? -1,
    maxAgeMs: said(layers, "max_age")?.value ?? (rhythm.cron === null ? rhythm.everyMs / 2 : FOREVER_MS),
  };
  return { policy, staleMs: staleAfter(policy, rhythm.cron === null ? null : rhythm.everyMs) };
}

async function readRhythm(loading: Loading, layers: Layers): Promise<Rhythm> {
  const every = said(layers, "every");
  const cron = said(layers, "cron");
  for (const { values, path } of layers)
    if (values.every !== undefined && values.cron !== undefined)
      loading.report([...path, "cron"], "every and cron exclude each other", "keep one of them");
  const fixed = { everyMs: every?.value ?? BUILT_IN.every ?? 0, cron: null, rank: every?.rank ?? layers.length };
  const timeout = said(layers, "timeout");
  if (every?.value === 0) loading.report(every.path, "must be longer than 0", "as 2s");
  if (timeout?.value === 0) loading.report(timeout.path, "must be longer than 0", "as 1s");
  if (cron === null || (every !== null && every.rank < cron.rank)) return fixed;
  // Loaded only where a configuration has a cron expression.
  const { readCron } = await import("../cron.ts");
  const reading = readCron(cron.value);
  if ("gapMs" in reading) return { everyMs: reading.gapMs, cron: cron.value, rank: cron.rank };
  loading.report(cron.path, reading.problem, reading.hint);
  return fixed;
}

/** Longer than `every` is a slip where both stand together, and follows a shorter `every` from elsewhere. */
function readFast(loading: Loading, fast: Said<"fast"> | null, usual: Ms, { everyMs, cron, rank }: Rhythm): Ms {
  if (fast === null) return Math.min(usual, everyMs);
  if (fast.value === 0) loading.report(fast.path, "must be longer than 0", "as 250ms");
  if (fast.value > everyMs && fast.rank <= rank && cron === null)
    loading.report(fast.path, "is longer than every", "fast confirms a change quicker than every would");
  return Math.min(fast.value, everyMs);
}
