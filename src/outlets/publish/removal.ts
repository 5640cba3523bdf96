import type { OutletEnv, Registry } from "../../contract.ts";
import { describeError } from "../../errors.ts";

const LONGEST_MS = 1000;

/** How long a write that is under way may come to its end before its keys are removed: one that is cut off may still be made. */
export const REMOVAL_GRACE_MS = 500;

/** Removes keys at the end of a publication; bounded, because checkd itself is about to end. */
export async function removeKeys(registry: Registry, keys: readonly string[], env: OutletEnv): Promise<void> {
  const ended = new AbortController();
  const cancel = env.clock.at(env.clock.now() + LONGEST_MS, () => ended.abort());
  try {
    for (let from = 0; from < keys.length; from += registry.maxOps) {
      const batch = keys.slice(from, from + registry.maxOps);
      await registry.commit(
        batch.map((key) => ({ key, expect: "any", session: null, remove: true }) as const),
        ended.signal,
      );
    }
  } catch (error) {
    env.log("warn", `published keys could not be removed: ${describeError(error)}`, { pool: env.pool });
  } finally {
    cancel();
  }
}
