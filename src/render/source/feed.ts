import type { Clock, Log, RegistryReader, Snapshot } from "../../contract.ts";
import { type FollowEnv, follow } from "../../registry/follow.ts";
import { type Entries, fetchEntries, refuseMissing } from "./fetch.ts";

/** The newest keys below some paths, kept by one watch a path. */
export interface Feed {
  /** Whether all of these were read at least once. */
  knows(paths: readonly string[]): boolean;
  /** Keys below several paths are read anew, so that they are of one moment. */
  entries(paths: readonly string[], signal: AbortSignal): Promise<Entries>;
}

/** What a feed works with. */
export interface FeedEnv {
  readonly clock: Clock;
  readonly log: Log;
  /** Name of the registry, for the log. */
  readonly name: string;
}

/** Watches these paths until the signal fires; `news` is told each path that changed, and each that is known at last. */
export function openFeed(
  reader: RegistryReader,
  paths: Iterable<string>,
  env: FeedEnv,
  signal: AbortSignal,
  news: (path: string) => void,
): Feed {
  const last = new Map<string, Snapshot>();
  const followEnv: FollowEnv = env;
  for (const path of new Set(paths)) {
    follow(reader, path, followEnv, signal, ({ state, snapshot }) => {
      // A registry that is away, or that only has an old copy, says nothing new: the file stays.
      if (state !== "current" || snapshot === null) return;
      last.set(path, snapshot);
      news(path);
    });
  }
  return {
    knows: (wanted) => wanted.every((path) => last.has(path)),
    async entries(wanted, ending) {
      const [only = "", ...more] = wanted;
      const snapshot = last.get(only);
      if (more.length > 0 || wanted.length === 0) return fetchEntries(reader, wanted, ending);
      return snapshot === undefined ? new Map() : refuseMissing(snapshot).entries;
    },
  };
}
