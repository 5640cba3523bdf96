import type { CheckSettings } from "../config/settings.ts";
import type { Clock, Env, Log } from "../contract.ts";
import { describeError } from "../errors.ts";
import { createCron } from "./cron.ts";
import { withDeadline } from "./deadline.ts";
import type { OpenCheck } from "./inquiry.ts";

const CLOSE_MS = 1000;

/** A check with the key of its settings: equal keys at the same place stay open through a reload. */
export interface KeyedCheck extends OpenCheck {
  readonly key: string;
}

/** Opens what is configured, taking over what is open already; when one cannot be made, none of the new ones stays open. */
export async function openChecks(
  wanted: readonly CheckSettings[],
  open: readonly KeyedCheck[],
  env: Env,
): Promise<readonly KeyedCheck[]> {
  const checks: KeyedCheck[] = [];
  try {
    for (const [index, settings] of wanted.entries()) {
      const old = open[index];
      const stays = old !== undefined && old.key === settings.key && old.policy.cron === settings.policy.cron;
      checks.push(stays ? old : await openCheck(settings, env));
    }
  } catch (error) {
    await closeChecks(checks, open, env.clock, env.log);
    throw error;
  }
  return checks;
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

async function openCheck({ kind, options, key, policy }: CheckSettings, env: Env): Promise<KeyedCheck> {
  const cron = policy.cron === null ? null : await createCron(policy.cron, env.clock);
  return { key, check: kind.create(options, env), cron, policy };
}

async function closeCheck({ check, cron }: KeyedCheck, clock: Clock, log: Log): Promise<void> {
  cron?.close();
  try {
    await withDeadline(clock, CLOSE_MS, new AbortController().signal, () => check.close());
  } catch (error) {
    log("warn", "a check did not close", { error: describeError(error) });
  }
}
