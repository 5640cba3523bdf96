import type { Op, Registry } from "../../contract.ts";

/** A registry that tells of every key it has written: called when the registry has confirmed, and only then. */
export function watchedRegistry(registry: Registry, wrote: (key: string, value: string) => void): Registry {
  return {
    get maxOps() {
      return registry.maxOps;
    },
    get services() {
      return registry.services;
    },
    read: (prefix, after, signal) => registry.read(prefix, after, signal),
    session: (ttlMs, signal) => registry.session(ttlMs, signal),
    close: () => registry.close(),
    async commit(ops: readonly Op[], signal) {
      const done = await registry.commit(ops, signal);
      if (done.conflicts.length === 0) for (const op of ops) if ("put" in op) wrote(op.key, op.put);
      return done;
    },
  };
}
