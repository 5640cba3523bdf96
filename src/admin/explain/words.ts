import { formatDuration } from "../../core/duration.ts";
import type { Ms, Verdict } from "../../core/types.ts";

/** A verdict in words: `up 100%`, `down`, `up 0% (drain)`. */
export function verdictWords({ state, weight, order }: Pick<Verdict, "state" | "weight" | "order">): string {
  const words = state === "up" ? `up ${weight}%` : "down";
  return order === null ? words : `${words} (${order})`;
}

/** How long ago: `0.4s ago`, `3m 20s ago`. */
export const ago = (ms: Ms): string => `${spanWords(ms)} ago`;

/** A span for people: tenths below ten seconds, never milliseconds. */
export function spanWords(ms: Ms): string {
  if (ms < 10_000) return `${(Math.max(0, ms) / 1000).toFixed(1).replace(/\.0$/, "")}s`;
  return formatDuration(Math.floor(ms / 1000) * 1000);
}

/** `1 member`, `3 members`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

/** The reason of a target's line, short enough for a line. */
export const short = (text: string, most = 160): string =>
  text.length <= most ? text : `${text.slice(0, most - 1).trimEnd()}…`;
