import type { CheckSettings } from "../config/settings.ts";
import type { Clock, Env, Log } from "../contract.ts";
import { describeError } from "../errors.ts";
import { namesFor } from "./check-names.ts";
import { createCron } from "./cron.ts";
import { withDeadline } from "./deadline.ts";
import type { OpenCheck } from "./inquiry.ts";

const CLOSE_MS = 1000;

/** A check with the key of its settings: with an equal key it stays open through a reload, wherever it stands in the list. */
export interface KeyedCheck extends OpenCheck {
  readonly key: string;
  readonly kind: string;
  /** What it has found is kept under this name, through a reload also when its options change. */
  readonly name: string;
}

/**
 * Opens what is configured, taking over what is open already; when one cannot be made, none of the new ones stays open.
 * `known`: names of a former life.
 */
export async function openChecks(
  wanted: readonly CheckSettings[],
  open: readonly KeyedCheck[],
  known: readonly string[],
  env: Env,
): Promise<readonly KeyedCheck[]> {
  const heirs = heirsOf(wanted, open);
  const taken = heirs.flatMap((heir) => heir?.name ?? []);
  const names = namesFor(wanted, known, taken);
  const checks: KeyedCheck[] = [];
  try {
    for (const [index, settings] of wanted.entries()) {
      const old = heirs[index] ?? null;
      const stays = old !== null && isSame(old, settings);
      checks.push(stays ? old : await openCheck(settings, old?.name ?? names[index] ?? "", env));
    }
  } catch (error) {
    await closeChecks(checks, open, env.clock, env.log);
    throw error;
  }
  return checks;
}

const isSame = (old: KeyedCheck, { key, policy }: CheckSettings): boolean =>
  old.key === key && old.policy.cron === policy.cron;

/** For each check that is wanted the open one it takes the place of: the very same, else the one at its place, else one of its kind. */
function heirsOf(wanted: readonly CheckSettings[], open: readonly KeyedCheck[]): readonly (KeyedCheck | undefined)[] {
  const free = new Set(open);
  const heirs: (KeyedCheck | undefined)[] = wanted.map(() => undefined);
  const claims: readonly ((settings: CheckSettings, index: number) => KeyedCheck | undefined)[] = [
    (settings) => open.find((old) => free.has(old) && isSame(old, settings)),
    ({ key }) => open.find((old) => free.has(old) && old.key === key),
    (_settings, index) => open.find((old, place) => free.has(old) && place === index),
    ({ kind }) => open.find((old) => free.has(old) && old.kind === kind.name),
  ];
  for (const claim of claims) {
    for (const [index, settings] of wanted.entries()) {
      heirs[index] ??= claim(settings, index);
      const heir = heirs[index];
      if (heir !== undefined) free.delete(heir);
    }
  }
  return heirs;
}

/** Closes the checks that are not among `staying`. */
export async function closeChecks(
  checks: readonly KeyedCheck[],
  staying: readonly KeyedCheck[],
  clock: Clock,
  log: Log,
): Promise<void> {
  const leaving = checks.filter((check) => !staying.includes(check));
  await Promise.all(leaving.map((check) => closeCheck(check, clock, log)));
}

async function openCheck(settings: CheckSettings, name: string, env: Env): Promise<KeyedCheck> {
  const { kind, options, key, policy } = settings;
  const cron = policy.cron === null ? null : await createCron(policy.cron, env.clock);
  return { key, kind: kind.name, name, check: kind.create(options, env), cron, policy };
}

async function closeCheck({ check, cron }: KeyedCheck, clock: Clock, log: Log): Promise<void> {
  cron?.close();
  try {
    await withDeadline(clock, CLOSE_MS, new AbortController().signal, () => check.close());
  } catch (error) {
    log("warn", "a check did not close", { error: describeError(error) });
  }
}
