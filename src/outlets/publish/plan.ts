import type { Entry, Op, Session } from "../../contract.ts";

/** What makes a registry equal to what is wanted. */
export interface Difference {
  readonly put: readonly string[];
  readonly ops: readonly Op[];
}

/** The session that keys are to hang on, and those that do. */
export interface Lease {
  readonly session: Session;
  readonly keys: ReadonlySet<string>;
}

/**
 * Compares wanted keys with found ones. Only keys that are ours (published once, or about to be) are removed:
 * what others keep in the same folder stays. With a lease, keys that hang on another one are written too.
 */
export function difference(
  wanted: ReadonlyMap<string, string>,
  found: ReadonlyMap<string, Entry>,
  owned: ReadonlySet<string>,
  lease: Lease | null,
): Difference {
  const session = lease?.session ?? null;
  const put = [...wanted].filter(
    ([key, value]) => found.get(key)?.value !== value || (lease !== null && !lease.keys.has(key)),
  );
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
  return { put: put.map(([key]) => key), ops };
}
