import type { Alarm, PoolView, Verdict } from "../../core/types.ts";
import { OUTLET_ALARM } from "../../engine/outlet-env.ts";
import { inWords } from "./lines.ts";

/** Told by the front itself in other words, or said by the verdicts that lead to them. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set([
  "source-away",
  "below-at-least",
  "list-shrunk",
  "none-up",
  OUTLET_ALARM,
]);

/** Alarms that began between two views, and those that ended. */
export function alarmNews(
  was: PoolView | null,
  now: PoolView,
): { readonly began: readonly Alarm[]; readonly ended: readonly Alarm[] } {
  const keyOf = ({ code, target }: Alarm): string => `${code} ${target ?? ""}`;
  const told = ({ code }: Alarm): boolean => !SAID_ELSEWHERE.has(code);
  const before = new Set((was?.alarms ?? []).map(keyOf));
  const after = new Set(now.alarms.map(keyOf));
  return {
    began: now.alarms.filter((alarm) => told(alarm) && !before.has(keyOf(alarm))),
    ended: (was?.alarms ?? []).filter((alarm) => told(alarm) && !after.has(keyOf(alarm))),
  };
}

/** An alarm in words: of the server that it is about where there is one. */
export function alarmWords({ text, target }: Alarm, { rows }: PoolView): string {
  const row = target === null ? undefined : rows.get(target);
  return row === undefined ? text : `${inWords(row.target)}: ${text}`;
}

/** How a program says that a server may be published, and that it may not. */
export interface VerdictWords {
  readonly up: string;
  readonly down: string;
  /** Whether a server that was never up is worth a line when it is not. */
  readonly firstDown: "said" | "silent";
}

/** What is worth saying of a changed verdict of a server; null: nothing. */
export function verdictNews(
  was: Verdict | null,
  now: Verdict | null,
  words: VerdictWords,
): { readonly level: "info" | "warn"; readonly text: string } | null {
  if (now === null || now.target.part !== "member" || was?.state === now.state) return null;
  const server = inWords(now.target);
  if (now.state === "up") return was === null ? null : { level: "info", text: `${server} ${words.up}: ${now.reason}` };
  if (was === null && words.firstDown === "silent") return null;
  return { level: "warn", text: `${server} ${words.down}: ${now.reason}` };
}
