import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";

/** The due times of one cron expression of five fields, or six with seconds, in the time of its zone. */
export interface Cron {
  /** The first due time after now and after `last`, the one that was kept before. */
  next(last: Ms): Ms;
  close(): void;
}

/** Due times are whole seconds; two that are nearer are one, seen before and after somebody adjusted the clock. */
const SAME_MS: Ms = 500;

/** Every hour of every day, as nearly all checks have it. */
const HOURLY = /\s\*(\s+\*){3}\s*$/;
const FULL_HOURS = /GMT([+-]\d+(:00)?)?$/;

/** Reads an expression; node-cron is loaded with the first one, and is asked for due times only. `zone` null: that of this host. */
export async function createCron(expression: string, clock: Clock, zone: string | null = null): Promise<Cron> {
  const { createTask } = await import("node-cron");
  const local = createTask(expression, () => {}, zone === null ? {} : { timezone: zone });
  // When clocks are set back node-cron leaves the hour that comes twice out. What is due every hour is the same in UTC,
  // which has no such hour, as long as the zone is full hours away.
  const even = HOURLY.test(expression) ? createTask(expression, () => {}, { timezone: "UTC" }) : null;
  const offset = new Intl.DateTimeFormat("en", { timeZone: zone ?? undefined, timeZoneName: "longOffset" });
  return {
    next(last) {
      const byMs = clock.now() - Date.now();
      const task = even !== null && FULL_HOURS.test(offset.format(Date.now())) ? even : local;
      const [first, second] = task.getNextRuns(2).map((at) => at.getTime() + byMs);
      if (first === undefined) return Number.POSITIVE_INFINITY;
      return first > last + SAME_MS || second === undefined ? first : second;
    },
    close() {
      void local.destroy();
      void even?.destroy();
    },
  };
}
