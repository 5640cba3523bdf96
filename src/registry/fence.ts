import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { RegistryError } from "../errors.ts";

/** How long a session may be relied on: until its driver says that it is over, or its time has passed without a renewal. */
export interface Fence {
  /** Fires when the session is over. Asking for it looks at the clock: a process that stood still learns at once. */
  readonly lost: AbortSignal;
  /** The server has renewed the session; `asked` is when it was asked to. */
  renewed(asked: Ms): void;
  lose(why: string): void;
}

/** A fence for a session that the server ends `spanMs` after its last renewal at the earliest. */
export function createFence(clock: Clock, spanMs: Ms, begunAt: Ms): Fence {
  const over = new AbortController();
  let renewedAt = begunAt;
  let cancel = (): void => {};
  const lose = (why: string): void => {
    cancel();
    if (!over.signal.aborted) over.abort(new RegistryError("unreachable", why));
  };
  const late = (): void => lose("the session could not be renewed within its time");
  const watch = (): void => {
    cancel();
    if (!over.signal.aborted) cancel = clock.at(renewedAt + spanMs, late);
  };
  watch();
  return {
    get lost() {
      // Events that waited while the process stood still come before its timers.
      if (clock.now() - renewedAt >= spanMs) late();
      return over.signal;
    },
    renewed(asked) {
      renewedAt = Math.max(renewedAt, asked);
      watch();
    },
    lose,
  };
}
