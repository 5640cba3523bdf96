import type { Clock } from "../../src/contract.ts";
import type { Ms } from "../../src/core/types.ts";

/** A clock that a test moves. */
export interface FakeClock extends Clock {
  /** Lets the time pass: each call runs at its due time, and promises settle between two calls. */
  advance(ms: Ms): Promise<void>;
  /** The process was stopped so long: the time leaps, then everything that became due runs late. */
  stall(ms: Ms): Promise<void>;
  /** Somebody set the wall clock; the steady time knows nothing of it. */
  shiftWall(ms: number): void;
  /** Calls that wait. */
  waiting(): number;
}

/** Lets everything that needs no time happen: promises, immediates, sockets. */
export const breathe = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Makes a clock that starts at `start`, a wall time too; `moved` is told each new time before anything runs at it. */
export function createFakeClock(start: Ms = Date.UTC(2026, 0, 1), moved: (now: Ms) => void = () => {}): FakeClock {
  const calls = new Set<{ readonly due: Ms; readonly call: () => void }>();
  let now = start;
  let wallOffset = 0;

  function earliest(until: Ms): { readonly due: Ms; readonly call: () => void } | null {
    let found: { readonly due: Ms; readonly call: () => void } | null = null;
    for (const entry of calls) if (entry.due <= until && (found === null || entry.due < found.due)) found = entry;
    return found;
  }
  async function runUntil(end: Ms): Promise<void> {
    await breathe();
    for (let next = earliest(end); next !== null; next = earliest(end)) {
      calls.delete(next);
      now = Math.max(now, next.due);
      moved(now);
      next.call();
      const another = earliest(now);
      if (another === null) await breathe();
    }
    now = end;
    moved(now);
  }
  return {
    now: () => now,
    wall: () => now + wallOffset,
    at(due, call) {
      const entry = { due, call };
      calls.add(entry);
      return () => void calls.delete(entry);
    },
    advance: (ms) => runUntil(now + ms),
    async stall(ms) {
      now += ms;
      await runUntil(now);
    },
    shiftWall(ms) {
      wallOffset += ms;
    },
    waiting: () => calls.size,
  };
}
