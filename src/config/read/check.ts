import type { Checker } from "../../contract.ts";
import type { Path } from "../document.ts";
import { keysOf } from "../introspect.ts";
import { type Loading, readSection } from "../loading.ts";
import { nearest } from "../nearest.ts";
import { TimingKeys } from "../schema/pool.ts";
import { TIMING } from "../schema/timing.ts";
import type { CheckSettings } from "../settings.ts";
import type { Layers } from "./layers.ts";
import { findChecker } from "./own-checker.ts";
import { configure, splitKind } from "./plugged.ts";
import { readTiming } from "./timing.ts";

type Section = Readonly<Record<string, unknown>>;

/** The checks of a pool, their options as written for sources that take over credentials, and whether all were right. */
export interface Checks {
  readonly settings: readonly CheckSettings[];
  readonly raw: readonly Section[];
  readonly kinds: readonly Checker[];
  /** How many the file names, right or wrong. */
  readonly count: number;
  readonly staleMs: number;
  /** `check: none`. */
  readonly none: boolean;
}

/** A process a probe: confirmed at `every`, because it costs more than a packet. */
const COSTLY = "exec";

/** One check, a list of them, or `none`. */
export async function readChecks(loading: Loading, value: unknown, path: Path, layers: Layers): Promise<Checks> {
  const { staleMs } = await readTiming(loading, layers, "cheap");
  const nothing: Checks = { settings: [], raw: [], kinds: [], count: 0, staleMs, none: value === "none" };
  if (value === "none") return nothing;
  if (value === undefined) {
    loading.report(path, "is required", "a check with type, or none to trust the source and HAProxy's own check");
    return nothing;
  }
  if (Array.isArray(value) && value.length === 0)
    loading.report(path, "must not be empty", "write check: none for no check");
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  const places = items.map((_, i) => (Array.isArray(value) ? [...path, i] : path));
  const read = await Promise.all(items.map((item, i) => readCheck(loading, item, places[i] ?? path, layers)));
  const found = read.filter((one) => one !== null);
  return {
    settings: found.flatMap(({ settings }) => (settings === null ? [] : [settings])),
    raw: found.map(({ raw }) => raw),
    kinds: found.map(({ kind }) => kind),
    count: items.length,
    staleMs: Math.max(...found.map((one) => one.staleMs), found.length === 0 ? staleMs : 0),
    none: false,
  };
}

interface OneCheck {
  readonly kind: Checker;
  readonly raw: Section;
  readonly settings: CheckSettings | null;
  readonly staleMs: number;
}

async function readCheck(loading: Loading, value: unknown, path: Path, layers: Layers): Promise<OneCheck | null> {
  const chosen = splitKind(loading, value, "type", [...loading.plugins.checkers.keys()], path);
  if (chosen === null) return null;
  const kind = await findChecker(loading, chosen.name, [...path, "type"]);
  const [own, options] = splitTiming(chosen.rest, kind);
  const values = readSection(loading, TimingKeys, own, path);
  const timing = await readTiming(loading, [{ path, values }, ...layers], kind?.name === COSTLY ? "costly" : "cheap");
  if (kind === null) return null;
  reportSecretArguments(loading, [...path, "argv"]);
  const configured = configure(loading, kind, options, path);
  const settings = configured === null ? null : { ...configured, policy: timing.policy };
  return { kind, raw: options, settings, staleMs: timing.staleMs };
}

/** Arguments of a process are seen by everybody on the host. */
function reportSecretArguments(loading: Loading, path: Path): void {
  for (const { path: at, written } of loading.filled)
    if (path.every((key, i) => at[i] === key) && /\$\{(file|credential|dbconf):/.test(written))
      loading.report(at, "a secret must not be an argument: everybody on the host can see it", "hand it over by env");
}

/** What every check has, and what this kind has; a slip of the pen belongs to what was most likely meant. */
function splitTiming(section: Section, kind: Checker | null): readonly [Section, Section] {
  const entries = Object.entries(section);
  const options = kind === null ? [] : [...keysOf(kind.options).keys()];
  const isTiming = ([key]: readonly [string, unknown]): boolean => {
    const meant = options.includes(key) ? key : nearest(key, [...options, ...Object.keys(TIMING)]);
    return Object.hasOwn(TIMING, meant ?? key);
  };
  return [
    Object.fromEntries(entries.filter(isTiming)),
    Object.fromEntries(entries.filter((entry) => !isTiming(entry))),
  ];
}

/** True for options that name Sentinels. */
export const namesSentinels = (raw: Section): boolean => Array.isArray(raw.sentinels) && raw.sentinels.length > 0;
