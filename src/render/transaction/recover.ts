import { describeError } from "../../errors.ts";
import { pause } from "../../registry/follow.ts";
import type { Resource } from "../resource/resource.ts";
import type { TransactionEnv } from "./env.ts";
import { lookAt } from "./file-state.ts";
import { clearOwed, putBack, readOwed } from "./owed.ts";
import { isAlive } from "./stage.ts";
import { reloadOf, settle } from "./transaction.ts";

/** Between the reload that was owed and the next one. */
const RELOAD_GAP_MS = 1000;

/** Whether the target's reload is still owed. What a killed checkd left half done is put right first. */
async function isOwed(resource: Resource): Promise<boolean> {
  const { dest, reloadCmd } = resource;
  const owed = await readOwed(dest);
  // Another checkd is at it.
  if (owed === null || (owed.pid !== process.pid && isAlive(owed.pid))) return false;
  const seen = await lookAt(dest);
  if (seen !== null && owed.md5s.includes(seen.md5)) {
    if (reloadCmd !== "") return true;
  } else if (owed.inPlace && owed.previous) await putBack(dest);
  await clearOwed(dest);
  return false;
}

/**
 * Reloads what was put in place and never reloaded, because checkd was killed in between or the reload went on failing.
 * Gives the targets whose reload still fails.
 */
export async function recover(
  resources: readonly Resource[],
  env: TransactionEnv,
): Promise<ReadonlyMap<string, Error>> {
  const owing = new Map<string, Resource[]>();
  const failed = new Map<string, Error>();
  for (const resource of resources) {
    try {
      if (await isOwed(resource)) owing.set(resource.reloadCmd, [...(owing.get(resource.reloadCmd) ?? []), resource]);
    } catch (error) {
      failed.set(resource.dest, new Error(`${resource.dest}: ${describeError(error)}`, { cause: error }));
    }
  }
  for (const group of owing.values()) {
    const reload = reloadOf(group);
    const dests = group.map(({ dest }) => dest);
    env.log("warning", `${dests.join(", ")}: replaced, but not known to be reloaded; reloading`);
    const error = reload === null ? null : await settle(dests, reload, env);
    if (error !== null) for (const dest of dests) failed.set(dest, error);
    // A newer file may follow at once, and a master that is still reloading loses a second SIGUSR2.
    else if (reload !== null) await pause(env.clock, RELOAD_GAP_MS, env.patience);
  }
  return failed;
}
