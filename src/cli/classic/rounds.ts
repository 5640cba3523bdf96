import type { Clock } from "../../contract.ts";
import type { Ms } from "../../core/types.ts";

/** Rounds at a steady pace. */
export interface Rounds {
  /** The first round, now; every further call does nothing. */
  begin(): void;
  stop(): void;
}

/** Makes rounds; `everyMs` null: only one. A late round delays no other, and what was missed is not made up for. */
export function createRounds(clock: Clock, everyMs: Ms | null, round: () => void): Rounds {
  let dueAt: Ms | null = null;
  let cancel = (): void => {};
  const go = (due: Ms): void => {
    dueAt = due;
    if (everyMs !== null) {
      const next = due + everyMs * Math.max(1, Math.ceil((clock.now() - due) / everyMs));
      cancel = clock.at(next, () => go(next));
    }
    round();
  };
  return {
    begin() {
      if (dueAt === null) go(clock.now());
    },
    stop: () => cancel(),
  };
}
