import { describeError } from "../../errors.ts";
import { parse } from "../gotemplate/template.ts";
import { map } from "../gotemplate/value.ts";
import type { Resource } from "../resource/resource.ts";
import { runCommand } from "./command.ts";
import type { TransactionEnv } from "./env.ts";
import { lookAt } from "./file-state.ts";
import { clearOwed, copyPrevious, keepPrevious, type Owed, previousOf, putBack, readOwed, writeOwed } from "./owed.ts";
import { type Reload, reloadOnce } from "./reload.ts";
import { renameOver, writeInPlace } from "./replace.ts";
import type { Stage } from "./stage.ts";

/** A new file, complete beside its target. */
export interface Change {
  readonly resource: Resource;
  readonly bytes: Buffer;
  readonly md5: string;
  readonly stage: Stage;
}

/** What became of each change: null, or why it is not in place. */
export type Results = ReadonlyMap<Change, Error | null>;

/**
 * Checks all, puts those that pass in place, and reloads once. A reload that fails brings every file back and reloads
 * again. All changes share their reload command.
 */
export async function replaceFiles(changes: readonly Change[], env: TransactionEnv): Promise<Results> {
  const results = new Map<Change, Error | null>();
  const passed = await checkAll(changes, results, env);
  const reload = env.syncOnly ? null : reloadOf(changes.map(({ resource }) => resource));
  const placed: Change[] = [];
  for (const change of passed) {
    try {
      await place(change, reload !== null);
      placed.push(change);
      results.set(change, null);
    } catch (error) {
      results.set(change, asError(error));
    }
  }
  if (reload !== null && placed.length > 0) await reloadAll(placed, reload, results, env);
  for (const { resource } of placed.filter((change) => results.get(change) === null))
    env.log("info", `Target config ${resource.dest} has been updated`);
  return results;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** The one reload of resources that share it; null where there is none. */
export function reloadOf(resources: readonly Resource[]): Reload | null {
  const [first] = resources;
  if (first === undefined || first.reloadCmd === "") return null;
  const sockets = resources.map(({ rules }) => rules.confirmSocket).filter((socket) => socket !== null);
  return {
    command: first.reloadCmd,
    timeoutMs: Math.max(...resources.map(({ rules }) => rules.reloadTimeoutMs)),
    confirmSocket: sockets[0] ?? null,
  };
}

/** Those whose check passes. Equal commands are run once. */
async function checkAll(
  changes: readonly Change[],
  results: Map<Change, Error | null>,
  env: TransactionEnv,
): Promise<readonly Change[]> {
  const ran = new Map<string, Promise<void>>();
  const passed: Change[] = [];
  for (const change of changes) {
    try {
      await check(change, ran, env);
      passed.push(change);
    } catch (error) {
      results.set(change, new Error(`Config check failed: ${describeError(error)}`));
    }
  }
  return passed;
}

async function check({ resource, stage }: Change, ran: Map<string, Promise<void>>, env: TransactionEnv): Promise<void> {
  if (env.syncOnly || resource.checkCmd === "") return;
  const template = parse("checkcmd", resource.checkCmd);
  const command = template.execute(map([["src", Buffer.from(stage.path).toString("latin1")]])).toString();
  const { clock, log, signal } = env;
  const running =
    ran.get(command) ?? runCommand(command, { clock, log, signal, timeoutMs: resource.rules.checkTimeoutMs });
  ran.set(command, running);
  await running;
}

/** Puts one file in place; `reloads`: it is written down that its reload is owed, and the file before it is kept. */
async function place({ resource: { dest }, bytes, md5, stage }: Change, reloads: boolean): Promise<void> {
  const before = await readOwed(dest);
  // While an older reload is owed, the file in place was never taken: what was kept then is still the last good one.
  const previous = before?.previous === true || (reloads && (await keepPrevious(dest)));
  const owed = { pid: process.pid, md5s: [md5], previous, inPlace: false };
  try {
    if (reloads) await writeOwed(dest, owed);
    if (!(await renameOver(stage.path, dest))) await overwrite(dest, bytes, owed, before);
    if (!reloads) await clearOwed(dest);
  } catch (error) {
    await (before === null ? clearOwed(dest) : writeOwed(dest, before));
    throw error;
  }
}

/** What cannot be replaced is written into, with a copy at hand that a killed checkd's successor puts back. */
async function overwrite(dest: string, bytes: Buffer, owed: Owed, before: Owed | null): Promise<void> {
  if (before?.previous !== true) await copyPrevious(dest);
  await writeOwed(dest, { ...owed, previous: true, inPlace: true });
  try {
    await writeInPlace(dest, bytes);
  } catch (error) {
    await putBack(dest);
    throw error;
  }
}

async function reloadAll(
  placed: readonly Change[],
  reload: Reload,
  results: Map<Change, Error | null>,
  env: TransactionEnv,
): Promise<void> {
  const dests = placed.map(({ resource }) => resource.dest);
  const error = await settle(dests, reload, env);
  if (error !== null) for (const change of placed) results.set(change, error);
}

/** Reloads what is in place, or goes back to what was and reloads that; null when the new files were taken. */
export async function settle(dests: readonly string[], reload: Reload, env: TransactionEnv): Promise<Error | null> {
  try {
    await reloadOnce(reload, env);
  } catch (error) {
    const failure = new Error(`Config reload failed: ${describeError(error)}`, { cause: error });
    if (env.patience.aborted) return failure; // nobody knows: the next start reloads
    await goBack(dests, reload, env).catch((problem) =>
      env.log("error", `${dests.join(", ")}: the previous file cannot be brought back: ${describeError(problem)}`),
    );
    return failure;
  }
  await noteDone(dests, env);
  return null;
}

/** A reload that held is no failure because the disk does not take the note of it: there will be one more, that is all. */
async function noteDone(dests: readonly string[], { log }: TransactionEnv): Promise<void> {
  for (const dest of dests)
    await clearOwed(dest).catch((error) =>
      log("warning", `${dest} is reloaded, which cannot be written down: ${describeError(error)}`),
    );
}

async function goBack(dests: readonly string[], reload: Reload, env: TransactionEnv): Promise<void> {
  const restored: string[] = [];
  for (const dest of dests) if (await restore(dest)) restored.push(dest);
  if (restored.length === 0) {
    env.log("warning", `${dests.join(", ")}: there is no file to go back to, the new one stays until its reload holds`);
    return;
  }
  env.log("warning", `${restored.join(", ")}: the previous file is back in place and is reloaded`);
  try {
    await reloadOnce(reload, env);
  } catch (error) {
    env.log("error", `The reload of the previous file failed too: ${describeError(error)}`);
    return;
  }
  await noteDone(restored, env);
}

/** Brings the kept file back; false when there is none. From now on its reload is owed too. */
async function restore(dest: string): Promise<boolean> {
  const owed = await readOwed(dest);
  const kept = owed?.previous === true ? await lookAt(previousOf(dest)) : null;
  if (owed === null || kept === null) return false;
  await writeOwed(dest, { ...owed, md5s: [...owed.md5s, kept.md5] });
  await putBack(dest);
  return true;
}
