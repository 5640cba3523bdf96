import type { Entry, RegistryReader, Snapshot } from "../../contract.ts";
import { RegistryError } from "../../errors.ts";

/** All keys below some paths, as they were together at one moment. */
export type Entries = ReadonlyMap<string, Entry>;

/** Keys that change without end are taken as they are after so many rounds. */
const ROUNDS = 5;

/** Throws where a registry says that a path does not exist, as etcd's v2 API does; an empty folder is no error. */
export function refuseMissing(snapshot: Snapshot): Snapshot {
  const missing = "missing" in snapshot ? snapshot.missing : null;
  if (typeof missing === "string") throw new RegistryError("refused", missing);
  return snapshot;
}

/**
 * Reads all paths. Several are read until two rounds agree: then there was a moment, between the two, at which all
 * was so.
 */
export async function fetchEntries(
  reader: RegistryReader,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<Entries> {
  let last = await readAll(reader, paths, signal);
  if (paths.length < 2) return last;
  for (let round = 1; round < ROUNDS; round++) {
    const now = await readAll(reader, paths, signal);
    if (sameEntries(last, now)) return now;
    last = now;
  }
  return last;
}

async function readAll(reader: RegistryReader, paths: readonly string[], signal: AbortSignal): Promise<Entries> {
  const [only, ...more] = await Promise.all(
    paths.map(async (path) => refuseMissing(await fresh(reader, path, signal)).entries),
  );
  if (more.length === 0) return only ?? new Map();
  return new Map([only ?? [], ...more].flatMap((entries) => [...entries]));
}

async function fresh(reader: RegistryReader, path: string, signal: AbortSignal): Promise<Snapshot> {
  const snapshot = await reader.read(path, null, signal);
  if (snapshot.fresh) return snapshot;
  throw new RegistryError("unreachable", "the registry has no leader and answers from an old copy");
}

function sameEntries(before: Entries, now: Entries): boolean {
  if (before.size !== now.size) return false;
  for (const [key, { version, value }] of now) {
    const known = before.get(key);
    if (known === undefined || known.version !== version || known.value !== value) return false;
  }
  return true;
}
