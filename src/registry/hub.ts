import type { Registry } from "../contract.ts";
import { type FollowEnv, type Followed, follow } from "./follow.ts";
import { commonPrefix, isBelow } from "./keys.ts";

/** One watch for all who look at keys below one top folder, so that ten publications cost a registry one blocking read. */
export interface Hub {
  /** Tells what is known below the prefix, at once and at each change, until the signal fires. */
  watch(prefix: string, see: (now: Followed) => void, signal: AbortSignal): void;
}

interface Watch {
  readonly prefix: string;
  readonly see: (now: Followed) => void;
}

interface Group {
  readonly watches: Set<Watch>;
  prefix: string;
  last: Followed | null;
  ended: AbortController;
}

const hubs = new WeakMap<Registry, Hub>();

/** The one hub of a registry. */
export function hubOf(registry: Registry, env: FollowEnv): Hub {
  const known = hubs.get(registry);
  if (known !== undefined) return known;
  const made = createHub(registry, env);
  hubs.set(registry, made);
  return made;
}

function below(followed: Followed, prefix: string): Followed {
  if (followed.snapshot === null) return followed;
  const entries = new Map([...followed.snapshot.entries].filter(([key]) => isBelow(prefix, key)));
  return { ...followed, snapshot: { ...followed.snapshot, entries } };
}

function createHub(registry: Registry, env: FollowEnv): Hub {
  const groups = new Map<string, Group>();

  function begin(group: Group): void {
    group.ended.abort();
    group.ended = new AbortController();
    group.prefix = commonPrefix([...group.watches].map(({ prefix }) => prefix));
    group.last = null;
    follow(registry, group.prefix, env, group.ended.signal, (now) => {
      group.last = now;
      for (const { prefix, see } of group.watches) see(below(now, prefix));
    });
  }

  return {
    watch(prefix, see, signal) {
      const [top = ""] = prefix.split("/");
      const group = groups.get(top) ?? { watches: new Set(), prefix: "", last: null, ended: new AbortController() };
      groups.set(top, group);
      const watch = { prefix, see };
      const covered = group.watches.size > 0 && isBelow(group.prefix, prefix);
      group.watches.add(watch);
      // Before anything is told: who has heard enough may end its watch at once.
      signal.addEventListener(
        "abort",
        () => {
          group.watches.delete(watch);
          if (group.watches.size > 0) return;
          group.ended.abort();
          groups.delete(top);
        },
        { once: true },
      );
      if (!covered) begin(group);
      else if (group.last !== null) see(below(group.last, prefix));
    },
  };
}
