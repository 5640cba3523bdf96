import type { Ms } from "./types.ts";

const UNITS: Readonly<Record<string, Ms>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SHAPE = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/** Milliseconds of `500ms`, `2s`, `1.5m`, `1h`, `1d`; a bare `0` is 0; null when it is none. */
export function parseDuration(text: string): Ms | null {
  if (text === "0") return 0;
  const [, digits, unit] = SHAPE.exec(text.trim()) ?? [];
  const factor = UNITS[unit ?? ""];
  return digits === undefined || factor === undefined ? null : Math.round(Number(digits) * factor);
}

/** Shortest words for a span: `250ms`, `12s`, `3m 20s`, `2h 5m`, `4d 1h`. */
export function formatDuration(span: Ms): string {
  const ms = Math.max(0, Math.round(span));
  if (ms < 1000) return `${ms}ms`;
  if (ms < 10_000 && ms % 1000 >= 100) return `${Math.floor(ms / 100) / 10}s`;
  const s = Math.floor(ms / 1000);
  if (s < 60) return `${s}s`;
  if (s < 3600) return pair(Math.floor(s / 60), "m", s % 60, "s");
  if (s < 86_400) return pair(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "m");
  return pair(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

const pair = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large}${unit}` : `${large}${unit} ${small}${smallUnit}`;
