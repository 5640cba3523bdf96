import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { SLOT_MS, TimerWheel } from "./timer-wheel.ts";

/** Milliseconds on the monotonic clock since the process began; `performance` says the same, but takes a while to load. */
const sinceStart = (): Ms => process.uptime() * 1000;

const EPOCH: Ms = Date.now() - sinceStart();

/** Steady time now: the epoch at process start plus the monotonic clock. */
export const steadyNow = (): Ms => EPOCH + sinceStart();

/** The clock of the process: one timer for all that waits; a call that throws is handed to `failed` and stops nobody else. */
export function createClock(failed: (error: unknown) => void): Clock {
  const wheel = new TimerWheel(failed);
  let timer: NodeJS.Timeout | null = null;
  let armedFor = Number.POSITIVE_INFINITY;

  function disarm(): void {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    armedFor = Number.POSITIVE_INFINITY;
  }
  function arm(): void {
    const next = wheel.next();
    if (next === null || next >= armedFor) return;
    disarm();
    armedFor = next;
    // One more than the rest: Node truncates to whole milliseconds, and a timer that comes early costs a second turn.
    timer = setTimeout(tick, Math.min(Math.max(0, Math.floor(next - steadyNow()) + 1), 2 ** 31 - 1));
  }
  function tick(): void {
    disarm();
    wheel.run(steadyNow());
    arm();
  }
  return {
    now: steadyNow,
    wall: Date.now,
    at(due, call) {
      // What is due already waits for no company: it takes the next turn.
      const cancel = wheel.add(due <= steadyNow() ? due - SLOT_MS : due, call);
      arm();
      return () => {
        cancel();
        if (wheel.next() === null) disarm();
      };
    },
  };
}
