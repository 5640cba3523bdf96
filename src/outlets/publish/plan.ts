import type { Entry, Op, Session } from "../../contract.ts";

/** What makes a registry equal to what is wanted. */
export interface Difference {
  readonly put: readonly string[];
  readonly remove: readonly string[];
  readonly ops: readonly Op[];
}

/**
 * Compares wanted keys with found ones. Only keys that are ours (published once, or about to be) are removed:
 * what others keep in the same folder stays.
 */
export function difference(
  wanted: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, Entry>,
  owned: ReadonlySet<string>,
  session: Session | null,
): Difference {
  const put = [...wanted].filter(([key, value]) => found.get(key)?.value !== value);
  const remove = [...owned].filter((key) => !wanted.has(key) && found.has(key));
  const ops: Op[] = [
    ...put.map(([key, value]) => ({
      key,
      expect: found.get(key)?.version ?? ("absent" as const),
      session,
      put: value,
    })),
    ...remove.map((key) => ({
      key,
      expect: found.get(key)?.version ?? ("any" as const),
      session: null,
      remove: true as const,
    })),
  ];
  return { put: put.map(([key]) => key), remove, ops };
}
