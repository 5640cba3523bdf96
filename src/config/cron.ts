// Cron expressions as they are configured: five fields, or six with seconds. When the next one is due is the engine's.
import { type CronFieldError, createTask, type ParsedFields, parse, validateDetailed } from "node-cron";

const DAY_S = 86_400;
const DAYS_ASKED = 60;

/** The longest time between two runs, or why there is none. */
export type CronReading = { readonly gapMs: number } | { readonly problem: string; readonly hint: string };

const HINT = 'five fields, or six with seconds first, as "*/10 * * * * *"';

/** Checks an expression and finds its longest gap. */
export function readCron(expression: string): CronReading {
  const fields = expression.trim().split(/\s+/).length;
  if (fields < 5 || fields > 6)
    return { problem: `${JSON.stringify(expression)} has ${fields} field${fields === 1 ? "" : "s"}`, hint: HINT };
  const checked = validateDetailed(expression);
  const wrong = checked.errors[0];
  if (wrong !== undefined || !checked.valid)
    return {
      problem: `${JSON.stringify(expression)} is no cron expression`,
      hint: wrong === undefined ? HINT : mend(wrong),
    };
  const days = daysBetween(expression);
  if (days === null) return { problem: `${JSON.stringify(expression)} never comes`, hint: "that day is in no month" };
  return { gapMs: longestGap(secondsOfDay(parse(expression)), days) * 1000 };
}

const mend = ({ field, value, message }: CronFieldError): string =>
  value === undefined ? message : `the field ${field} does not take "${value}"`;

/** Days between two days that match, at most; null when none does. */
function daysBetween(expression: string): number | null {
  const dayFields = expression.trim().split(/\s+/).slice(-3).join(" ");
  if (dayFields === "* * *") return 1;
  const task = createTask(`0 0 12 ${dayFields}`, () => {}, { timezone: "UTC" });
  try {
    const days = task.getNextRuns(DAYS_ASKED).map((date) => Math.floor(date.getTime() / (DAY_S * 1000)));
    const gaps = days.slice(1).map((day, i) => day - (days[i] ?? day));
    return gaps.length === 0 ? null : Math.max(...gaps);
  } catch {
    return null;
  } finally {
    task.destroy();
  }
}

function secondsOfDay({ second, minute, hour }: ParsedFields): readonly number[] {
  const all = hour.flatMap((h) => minute.flatMap((m) => second.map((s) => (h * 60 + m) * 60 + s)));
  return all.sort((a, b) => a - b);
}

function longestGap(seconds: readonly number[], days: number): number {
  const first = seconds[0] ?? 0;
  const last = seconds.at(-1) ?? 0;
  const overnight = days * DAY_S - last + first;
  return seconds.slice(1).reduce((most, second, i) => Math.max(most, second - (seconds[i] ?? second)), overnight);
}
