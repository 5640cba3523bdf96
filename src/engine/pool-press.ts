import type { PoolSettings } from "../config/settings.ts";
import type { Alarm, Input, PoolView, Row, Verdict } from "../core/types.ts";
import { type Inside, isNews, subjectOf, tell } from "./inside.ts";
import type { Shelf } from "./journal.ts";
import { OUTLET_ALARM } from "./outlet-env.ts";
import type { PoolSources } from "./pool-sources.ts";

/** Makes known what a pool came to: board, journal, log, observers, state_dir. */
export class PoolPress {
  readonly #inside: Inside;
  readonly #own = new Map<string, Alarm>();
  #raw: PoolView | null = null;
  #shown: PoolView | null = null;
  readonly #sources: PoolSources;
  settings: PoolSettings;

  constructor(inside: Inside, settings: PoolSettings, sources: PoolSources) {
    this.#inside = inside;
    this.settings = settings;
    this.#sources = sources;
  }

  /** The view as the pool itself gave it last. */
  get raw(): PoolView | null {
    return this.#raw;
  }

  /** Takes an Input and what it led to. */
  print(input: Input, shelf: Shelf | null, view: PoolView, changed: readonly string[]): void {
    const { name } = this.settings;
    const { journal } = this.#inside;
    journal.write(name, shelf ?? journal.shelf(name, subjectOf(input)), input);
    if (this.#inside.observers.length > 0) tell(this.#inside, (observer) => observer.took?.(name, input));
    const was = this.#raw;
    if (view === was) return;
    this.#raw = view;
    this.#show(input, changed);
    const keep = was === null || was.memory.served === view.memory.served ? "changed" : "vital";
    this.#inside.store[keep](name, () => ({ memory: view.memory, lists: this.#sources.lists() }));
  }

  /** Begins, changes or, with null, ends an alarm of the engine itself. */
  alarm(key: string, alarm: Alarm | null): void {
    const was = this.#own.get(key) ?? null;
    if (was?.code === alarm?.code && was?.text === alarm?.text) return;
    if (alarm === null) this.#own.delete(key);
    else this.#own.set(key, alarm);
    if (this.#raw !== null) this.#show(null, []);
  }

  #show(input: Input | null, changed: readonly string[]): void {
    const { board } = this.#inside;
    const was = this.#shown;
    const raw = this.#raw;
    if (raw === null) return;
    const now = this.#dress(raw);
    this.#shown = now;
    if (was === null || input === null || isNews(was, now, changed, input)) board.post(now);
    else board.replace(now);
    for (const name of changed) this.#changed(name, was?.rows.get(name)?.verdict ?? null, now);
    this.#alarms(was?.alarms ?? [], now.alarms);
  }

  /** The pool's view with what only the engine knows. */
  #dress(view: PoolView): PoolView {
    const { group } = this.settings;
    // An empty pool whose sources never answered is not known to be empty, however long that takes.
    const settled = view.settled && (view.rows.size > 0 || this.#sources.complete);
    if (group === view.group && settled === view.settled && this.#own.size === 0) return view;
    return { ...view, group, settled, alarms: [...view.alarms, ...this.#own.values()] };
  }

  #changed(name: string, was: Verdict | null, view: PoolView): void {
    const { journal, log } = this.#inside;
    const pool = this.settings.name;
    const row = view.rows.get(name);
    const now = row?.verdict ?? null;
    if (now !== null) journal.enter(pool, name, now);
    tell(this.#inside, (observer) => observer.changed?.(pool, name, was, now));
    const from = was === null ? "" : `${inWords(was)} -> `;
    const text = now === null ? `${from}left` : `${from}${inWords(now)}: ${now.reason}`;
    const lost = now?.state === "down" && was?.state !== "down" && !(row !== undefined && waits(row, was));
    const level = lost ? "warn" : "info";
    log(level, `${pool}/${name}: ${text}`, {
      pool,
      target: name,
      state: now?.state ?? null,
      weight: now?.weight ?? null,
    });
  }

  #alarms(was: readonly Alarm[], now: readonly Alarm[]): void {
    if (was === now || (was.length === 0 && now.length === 0)) return;
    const before = new Set(was.map(keyOf));
    const after = new Set(now.map(keyOf));
    for (const alarm of now) if (!before.has(keyOf(alarm))) this.#enter("warn", alarm, alarm.text);
    for (const alarm of was) if (!after.has(keyOf(alarm))) this.#enter("info", alarm, `over: ${alarm.text}`);
  }

  #enter(level: "warn" | "info", alarm: Alarm, text: string): void {
    const pool = this.settings.name;
    const target = alarm.target ?? "";
    this.#inside.journal.enter(pool, target, { ...alarm, text });
    if (alarm.code === OUTLET_ALARM) return;
    this.#inside.log(level, `${pool}${target === "" ? "" : `/${target}`}: ${text}`, { pool, alarm: alarm.code });
  }
}

const keyOf = (alarm: Alarm): string => `${alarm.code} ${alarm.target ?? ""}`;

/** Whether it is down as all is well: a backup, or from the start a replica of the writer. */
const waits = ({ target, health }: Row, was: Verdict | null): boolean =>
  target.part === "backup" || (was === null && health.some(({ last }) => last?.claim?.role === "reader"));

function inWords({ state, weight, order }: Verdict): string {
  const words = state === "up" && weight !== 100 ? `up ${weight}%` : state;
  return order === null ? words : `${words} (${order})`;
}
