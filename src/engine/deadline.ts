import type { Clock } from "../contract.ts";
import { formatDuration } from "../core/duration.ts";
import type { Ms } from "../core/types.ts";

/** Whatever comes later than this after its due time says that our own process was stalled. */
export const LATE_MS: Ms = 50;

/** The time was up. `late`: the deadline itself fired late, so the other side may well have answered in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  readonly late: boolean;
  constructor(ms: Ms, late: boolean) {
    super(`no answer within ${formatDuration(ms)}`);
    this.late = late;
  }
}

/**
 * Runs something that must end within `ms`: settles then at the latest, whether or not `run` obeys its signal,
 * and leaves no timer and no listener behind. An aborted parent ends it with the parent's reason.
 */
export function withDeadline<T>(
  clock: Clock,
  ms: Ms,
  parent: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (parent.aborted) return Promise.reject(parent.reason);
  const controller = new AbortController();
  const due = clock.now() + ms;
  return new Promise<T>((resolve, reject) => {
    const end = (why: unknown): void => {
      release();
      reject(why); // before the abort: what the abort makes `run` answer comes too late
      controller.abort(why);
    };
    const dropped = (): void => end(parent.reason);
    const cancel = clock.at(due, () => end(new DeadlineError(ms, clock.now() - due > LATE_MS)));
    const release = (): void => {
      cancel();
      parent.removeEventListener("abort", dropped);
    };
    parent.addEventListener("abort", dropped, { once: true });
    start(run, controller.signal).then(
      (answer) => {
        release();
        resolve(answer);
      },
      (error: unknown) => {
        release();
        reject(error);
      },
    );
  });
}

async function start<T>(run: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  return run(signal);
}
