import type { OutletEnv } from "../../contract.ts";
import type { HaproxyClient } from "../../haproxy/client.ts";
import { StateFile } from "../../haproxy/state-file.ts";
import { createLoop } from "../loop.ts";
import { newsReporter } from "./keeper.ts";

/** Keeps a file equal to `show servers state` of a socket. */
export interface StateKeeper {
  /** Something was said to HAProxy, or its state is seen to be another. */
  changed(): void;
  /** One user less; the last one ends it, after a last look. */
  leave(): Promise<void>;
}

interface Shared {
  readonly changed: () => void;
  readonly end: () => Promise<void>;
  users: number;
}

/** For what nobody told of. */
const LOOK_MS = 60_000;
const LAST_LOOK_MS = 1000;
const keepers = new Map<string, Shared>();

/** Keeps one file for all pools that name it: HAProxy's state is that of all backends. */
export function keepState(file: string, client: HaproxyClient, env: OutletEnv): StateKeeper {
  const key = `${file} ${client.address}`;
  const shared = keepers.get(key) ?? begin(file, client, env);
  keepers.set(key, shared);
  shared.users += 1;
  return {
    changed: shared.changed,
    async leave() {
      shared.users -= 1;
      if (shared.users > 0) return;
      if (keepers.get(key) === shared) keepers.delete(key);
      await shared.end();
    },
  };
}

function begin(file: string, client: HaproxyClient, env: OutletEnv): Shared {
  const { clock } = env;
  const state = new StateFile(file);
  const report = newsReporter(env);
  const about = `state file ${file}`;
  const keep = async (signal: AbortSignal): Promise<void> => {
    await state.keep(await client.state(signal));
    report.synced(about, "show servers state", null);
  };
  const loop = createLoop({
    clock,
    work: async (signal) => {
      await keep(signal);
      loop.markAt(clock.now() + LOOK_MS);
    },
    failed: (error) => report.failed(about, "show servers state", error),
  });
  loop.mark();
  const end = async (): Promise<void> => {
    await loop.stop();
    const late = new AbortController();
    const cancel = clock.at(clock.now() + LAST_LOOK_MS, () => late.abort());
    await keep(late.signal).catch(() => {}); // HAProxy may be gone; the file is as it was last seen
    cancel();
  };
  return { changed: () => loop.mark(), end, users: 0 };
}
