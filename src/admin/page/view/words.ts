// Words and small numbers of the page; the same on the server and in the browser.
import type { PoolSummary, TargetSummary } from "../../answers.ts";
import type { Tone } from "./shown.ts";

const OUTCOMES = { p: "pass", w: "warn", f: "fail", u: "unknown" } as const;

/** `last 48: 45 pass, 3 fail` for a strip of letters. */
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

/** `03:12:44` of a time, always UTC as everything here. */
export const clockTime = (at: string): string => at.slice(11, 19);

/** `2026-01-02 03:12:44` of a time, UTC. */
export const dayTime = (at: string): string => `${at.slice(0, 10)} ${at.slice(11, 19)}`;

/** A verdict, as far as a word for it goes. */
interface Told {
  readonly state: "up" | "down" | null;
  readonly weight: number;
  readonly order: string | null;
}

type PoolRole = Pick<PoolSummary, "role" | "serving">;

const toldOf = ({ state, weight, order }: TargetSummary): Told => ({ state, weight, order: order?.order ?? null });

/** A verdict in a word: `up`, `up 40%`, `down`, `drain`. */
export function verdictWord({ state, weight, order }: Told): string {
  if (order !== null) return order;
  if (state === null) return "unknown";
  return state === "up" && weight < 100 ? `up ${weight}%` : state;
}

/** Fit, and held back by the rules of its pool: a backup, or who waits beside the writer. */
export function standsBy(target: TargetSummary, { role, serving }: PoolRole): boolean {
  if (target.state !== "down" || target.judged !== "up" || target.order !== null) return false;
  return target.part === "backup" || (role === "writer" && serving > 0);
}

/** The one word of a target's row: what it does now. */
export function stateWord(target: TargetSummary, pool: PoolRole): string {
  if (target.part === "reference") return `seen ${target.judged}`;
  if (standsBy(target, pool)) return "stands by";
  return verdictWord(toldOf(target));
}

/** A weight that follows a fact moves all the time; below this it is worth a look. */
const FAIR_WEIGHT = 50;

/** How a verdict is coloured where nothing else is known of its target. */
export function verdictTone({ state, weight, order }: Told): Tone {
  if (order !== null || state === null) return "calm";
  if (state === "down") return "bad";
  return weight >= FAIR_WEIGHT ? "good" : "fair";
}

/** How a target is coloured: the worst thing that is true of it. */
export function tone(target: TargetSummary, pool: PoolRole): Tone {
  const { part, judged, stale, recent, order } = target;
  if (part === "reference") return judged === "down" ? "fair" : "calm";
  if (standsBy(target, pool)) return "calm";
  const told = verdictTone(toldOf(target));
  if (told === "bad" || order !== null) return told;
  // What cannot be seen, or is seen no more, may be anything.
  const blind = stale || recent.endsWith("u");
  return blind || (told === "good" && judged !== "up") ? "fair" : told;
}

/** How a pool is coloured. */
export const poolTone = ({ state }: Pick<PoolSummary, "state">): Tone =>
  (({ down: "bad", degraded: "fair", unknown: "calm", up: "good" }) as const)[state];

/** `3 targets`, `1 target`. */
export const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

/** Where a pool's page is. */
export const poolPath = ({ group, name }: Pick<PoolSummary, "group" | "name">): string =>
  `/${encodeURIComponent(group ?? name)}/${encodeURIComponent(name)}`;

/** Where a target's page is. */
export const targetPath = (pool: Pick<PoolSummary, "group" | "name">, target: string): string =>
  `${poolPath(pool)}/${encodeURIComponent(target)}`;

const UNITS = [
  ["Seconds", "s"],
  ["Ms", " ms"],
  ["Percent", "%"],
  ["Bytes", " B"],
] as const;

const unitOf = (fact: string) => UNITS.find(([ending]) => fact.endsWith(ending));

/** `lag` for `lagSeconds`: the unit stands with the value. */
export const factName = (fact: string): string => fact.slice(0, fact.length - (unitOf(fact)?.[0].length ?? 0)) || fact;

/** A number of a fact with its unit: `36.3s`. */
export const measure = (fact: string, value: number): string =>
  `${Math.round(value * 10) / 10}${unitOf(fact)?.[1] ?? ""}`;

/** A value of a fact as it came. */
export const factText = (value: string | number | boolean | null): string =>
  value === null ? "unknown" : typeof value === "number" ? String(Math.round(value * 1000) / 1000) : String(value);

/** How the pools are together, or the one that is looked at, in a line: the first thing that is read. */
export function headlineOf(
  pools: readonly PoolSummary[],
  alone: boolean,
): { readonly tone: Tone; readonly text: string } {
  const [first] = pools;
  if (alone && first !== undefined) return { tone: poolTone(first), text: `${first.name} ${first.state}` };
  const number = (state: PoolSummary["state"]): number => pools.filter((pool) => pool.state === state).length;
  const [down, looks, unknown] = [number("down"), number("degraded"), number("unknown")];
  if (pools.length === 0) return { tone: "calm", text: "no pools" };
  if (down > 0) return { tone: "bad", text: `${count(down, "pool")} down${looks > 0 ? `, ${looks} degraded` : ""}` };
  if (looks > 0) return { tone: "fair", text: `${count(looks, "pool")} degraded` };
  if (unknown > 0) return { tone: "calm", text: `${count(unknown, "pool")} not settled yet` };
  return { tone: "good", text: pools.length === 1 ? "all well" : `all ${pools.length} pools well` };
}
