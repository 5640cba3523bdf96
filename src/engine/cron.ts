import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";

/** The due times of one cron expression of five fields, or six with seconds, in local time. */
export interface Cron {
  /** The first due time after now and after `last`, the one that was kept before. */
  next(last: Ms): Ms;
  close(): void;
}

/** Due times are whole seconds; two that are nearer are one, seen before and after somebody adjusted the clock. */
const SAME_MS: Ms = 500;

/** Reads an expression; node-cron is loaded with the first one, and is asked for due times only. */
export async function createCron(expression: string, clock: Clock): Promise<Cron> {
  const { createTask } = await import("node-cron");
  const task = createTask(expression, () => {});
  return {
    next(last) {
      const byMs = clock.now() - Date.now();
      const [first, second] = task.getNextRuns(2).map((at) => at.getTime() + byMs);
      if (first === undefined) return Number.POSITIVE_INFINITY;
      return first > last + SAME_MS || second === undefined ? first : second;
    },
    close: () => void task.destroy(),
  };
}
