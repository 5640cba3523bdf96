import type { Entry, Log, Op, Registry, Session, Snapshot } from "../contract.ts";
import { canonicalKey, isBelow } from "./keys.ts";

/** A registry that is read for real and written only in memory: each write is logged, and read back as if it had been made. */
export function dryRegistry(real: Registry, name: string, log: Log): Registry {
  const written = new Map<string, Entry | null>();
  let writes = 0;

  const overlay = (prefix: string, snapshot: Snapshot): Snapshot => {
    const entries = new Map(snapshot.entries);
    for (const [key, entry] of written) {
      if (!isBelow(canonicalKey(prefix), key)) continue;
      if (entry === null) entries.delete(key);
      else entries.set(key, entry);
    }
    return { ...snapshot, entries };
  };
  const note = (op: Op): void => {
    const key = canonicalKey(op.key);
    writes += 1;
    written.set(key, "put" in op ? { value: op.put, version: `dry-${writes}` } : null);
    log("info", "put" in op ? `dry run: would write ${key} to ${name}` : `dry run: would remove ${key} from ${name}`, {
      ...("put" in op ? { value: op.put } : {}),
    });
  };
  const session = async (): Promise<Session> => {
    const lost = new AbortController();
    return { lost: lost.signal, close: async () => lost.abort() };
  };
  return {
    maxOps: real.maxOps,
    read: async (prefix, after, signal) => overlay(prefix, await real.read(prefix, after, signal)),
    commit: async (ops) => {
      for (const op of ops) note(op);
      return { conflicts: [] };
    },
    session,
    services:
      real.services === null
        ? null
        : {
            tell: async (service, passing) =>
              log("info", `dry run: would call service ${service.id} ${passing ? "passing" : "critical"} in ${name}`),
            remove: async (id) => log("info", `dry run: would remove service ${id} from ${name}`),
            read: real.services.read,
          },
    close: () => real.close(),
  };
}
