import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { RenderSettings } from "../config/settings.ts";
import type { Clock, Log, Part, RegistryReader } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import type { Piece } from "../engine/parts.ts";
import { describeError } from "../errors.ts";
import { exactEnvironment } from "../registry/environment.ts";
import { intervalLoop } from "./interval-loop.ts";
import { createLoader, type Loader, patientLoader } from "./loader.ts";
import type { RenderLog } from "./log.ts";
import type { Outcome } from "./outcome.ts";
import { loadResources } from "./resource/load.ts";
import type { RoundEnv } from "./round-env.ts";
import { fetchEntries } from "./source/fetch.ts";
import { forgetful, keysMemory } from "./transaction/shrink-memory.ts";
import { watchLoop } from "./watch-loop.ts";

/** What the daemon gives to a confd directory. */
export interface RenderGiven {
  readonly clock: Clock;
  readonly log: Log;
  /** Nothing is changed: what would be is logged. */
  readonly dryRun: boolean;
  readonly stateDir: string | null;
  registry(name: string): RegistryReader;
  /** Is told what became of each file. */
  told?(dest: string, outcome: Outcome): void;
}

/** How long a reload that runs when checkd is stopped may go on. */
const PATIENCE_MS: Ms = 1000;
const MOST_DIFF_LINES = 200;

/** `render:` of checkd.yaml as a part. It is another one when a file of the directory changed, so that SIGHUP takes that over. */
export function renderPiece(settings: RenderSettings, given: RenderGiven): Piece {
  const resources = loadResources(settings) ?? [];
  return {
    part: partOf(settings, given),
    holds: resources.map(({ dest }) => `file:${resolve(dest)}`),
  };
}

function partOf(settings: RenderSettings, given: RenderGiven): Part {
  return {
    key: `render ${settings.key} ${digestOf(settings.confdir)}`,
    start: async () => {
      const stopping = new AbortController();
      const patience = new AbortController();
      const ended = begin(settings, given, stopping.signal, patience.signal);
      return {
        stop: async () => {
          const { clock } = given;
          const why = new Error("checkd is stopping");
          stopping.abort(why);
          const cancel = clock.at(clock.now() + PATIENCE_MS, () => patience.abort(why));
          await ended;
          cancel();
        },
      };
    },
  };
}

function digestOf(confdir: string): string {
  const hash = createHash("sha1");
  for (const folder of ["conf.d", "templates"]) addFolder(hash, join(confdir, folder));
  return hash.digest("base64");
}

function addFolder(hash: ReturnType<typeof createHash>, folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) addFolder(hash, path);
      else hash.update(`${path}\0`).update(readFileSync(path)).update("\0");
    }
  } catch (error) {
    hash.update(describeError(error)); // not there yet, or not readable: the loader says so
  }
}

/** Resolves when the loop has ended. A directory that breaks it does not end the daemon. */
async function begin(
  settings: RenderSettings,
  given: RenderGiven,
  signal: AbortSignal,
  patience: AbortSignal,
): Promise<void> {
  const { clock } = given;
  const log = renderLog(given.log);
  const reader = given.registry(settings.registry);
  const env = roundEnv(given, log, reader, { signal, patience });
  const load: Loader = createLoader(settings, { clock, log, env: exactEnvironment(process.env) });
  try {
    const members = load();
    if (!settings.watch) return await intervalLoop(patientLoader(members, load, log), settings.intervalMs, env);
    await watchLoop(members, reader, { clock, log: given.log, name: settings.registry }, env);
  } catch (error) {
    log("error", `render of ${settings.confdir} has ended: ${describeError(error)}`);
  }
}

function roundEnv(
  { clock, dryRun, stateDir, log: plain, told }: RenderGiven,
  log: RenderLog,
  reader: RegistryReader,
  signals: Pick<RoundEnv, "signal" | "patience">,
): RoundEnv {
  const forgot = (error: unknown): void =>
    log("warning", `render: nothing is remembered over a restart: ${describeError(error)}`);
  return {
    clock,
    log,
    ...signals,
    noop: dryRun,
    syncOnly: false,
    keepStageFile: false,
    memory: stateDir === null || dryRun ? forgetful : keysMemory(join(stateDir, "render"), forgot),
    entries: (paths, ending) => fetchEntries(reader, paths, ending),
    show: (diff) => logDiff(diff, plain),
    ...(told === undefined ? {} : { told }),
  };
}

function logDiff(diff: string, log: Log): void {
  const lines = diff.split("\n").filter((line) => line !== "");
  for (const line of lines.slice(0, MOST_DIFF_LINES)) log("info", `dry run: ${line}`);
  if (lines.length > MOST_DIFF_LINES) log("info", `dry run: ${lines.length - MOST_DIFF_LINES} more lines`);
}

/** The daemon's log has no level for what only a debugger wants. */
const renderLog =
  (log: Log): RenderLog =>
  (level, text) => {
    if (level !== "debug") log(level === "warning" ? "warn" : level, `render: ${text}`);
  };
