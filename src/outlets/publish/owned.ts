import type { Registry } from "../../contract.ts";
import { lockKey } from "../../registry/lock.ts";

/** The list of keys that a publication has made, kept beside its lock so that a successor knows what it may remove. */
export const ownedKey = (lock: string): string => lockKey(lock).replace(/^checkd\/lock\//, "checkd/published/");

/** Reads the list; what is no list of keys counts as none. */
export async function readOwned(registry: Registry, lock: string, signal: AbortSignal): Promise<Set<string>> {
  const key = ownedKey(lock);
  const { entries } = await registry.read(key, null, signal);
  try {
    const keys: unknown = JSON.parse(entries.get(key)?.value ?? "[]");
    return new Set(Array.isArray(keys) ? keys.filter((each) => typeof each === "string") : []);
  } catch {
    return new Set();
  }
}

/** Writes the list; only the holder of the lock does. */
export async function writeOwned(
  registry: Registry,
  lock: string,
  keys: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const value = JSON.stringify([...keys].sort());
  await registry.commit([{ key: ownedKey(lock), expect: "any", session: null, put: value }], signal);
}
