// Words and small numbers of the page; the same on the server and in the browser.
import type { PoolSummary, TargetSummary } from "../answers.ts";

const OUTCOMES = { p: "pass", w: "warn", f: "fail", u: "unknown" } as const;

/** `45 pass, 3 fail` for a strip of letters. */
export function stripWords(recent: string): string {
  const counts = Object.entries(OUTCOMES).map(([letter, word]) => [recent.split(letter).length - 1, word] as const);
  const said = counts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return said.length === 0 ? "not looked at yet" : `last ${recent.length}: ${said.join(", ")}`;
}

/** `12s`, `3m`, `2h 5m`, `4d` between two times. */
export function span(from: string | null, to: string): string {
  if (from === null) return "";
  const seconds = Math.max(0, Math.round((Date.parse(to) - Date.parse(from)) / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours}h` : `${hours}h ${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d`;
}

/** The one word of a target's band: what it does now. */
export function stateWord({ state, weight, order, serves }: TargetSummary): string {
  if (order !== null) return order.order;
  if (state === null) return "unknown";
  if (state === "up" && !serves) return "up 0%";
  return state === "up" && weight < 100 ? `up ${weight}%` : state;
}

/** How a target is coloured: the worst thing that is true of it. */
export function tone({ state, weight, order, judged, stale, serves }: TargetSummary): "good" | "fair" | "bad" | "calm" {
  if (order !== null || state === null || stale) return "calm";
  if (state === "down") return "bad";
  return serves && judged === "up" && weight === 100 ? "good" : "fair";
}

/** Whether somebody should look at it: these come first. */
export const needsEyes = (target: TargetSummary): boolean => tone(target) !== "good" && target.part !== "reference";

/** Unhealthy first, then by name. */
export function inOrder(targets: readonly TargetSummary[]): readonly TargetSummary[] {
  const rank = { bad: 0, fair: 1, calm: 2, good: 3 };
  const parts = { member: 0, backup: 1, reference: 2 };
  return [...targets].sort(
    (a, b) => parts[a.part] - parts[b.part] || rank[tone(a)] - rank[tone(b)] || (a.name < b.name ? -1 : 1),
  );
}

/** Where a pool's page is. */
export const poolPath = ({ group, name }: Pick<PoolSummary, "group" | "name">): string =>
  `/${encodeURIComponent(group ?? name)}/${encodeURIComponent(name)}`;

/** Where a target's page is. */
export const targetPath = (pool: Pick<PoolSummary, "group" | "name">, target: string): string =>
  `${poolPath(pool)}/${encodeURIComponent(target)}`;

/** A value of a fact as people write it. */
export const factText = (value: string | number | boolean | null): string =>
  value === null ? "unknown" : typeof value === "number" ? String(Math.round(value * 1000) / 1000) : String(value);
