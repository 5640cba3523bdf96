import { loadSettings } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { Settings } from "../config/settings.ts";
import type { Board, Clock, Log } from "../contract.ts";
import { describeError } from "../errors.ts";
import { type Daemon, openDaemon } from "./daemon.ts";
import { createDrySummary } from "./dry-summary.ts";
import { processClock } from "./environment.ts";
import { EXIT, version } from "./exit.ts";
import { type LogOptions, openLog } from "./logger.ts";
import { createNotifier, type Notifier } from "./notify.ts";
import { plugins } from "./plugins.ts";

import { say } from "./say.ts";
import { catchHangups, untilStopped } from "./signals.ts";
import { surviveStrayErrors } from "./stray.ts";

/** How the daemon is run. */
export interface RunOptions {
  readonly conf: string;
  readonly dryRun: boolean;
  readonly logLevel: LogOptions["level"];
  readonly logFormat: LogOptions["format"];
  /** Called once everything listens. */
  readonly ready?: () => void;
}

/** What still holds the process then, as a log that nobody reads, is not waited for. */
const LINGER_MS = 300;
const STATUS_MS = 1000;

/** Settings of a file; problems are said, and null comes back. */
async function readSettings(file: string, report: (line: string) => void): Promise<Settings | null> {
  const loaded = await loadSettings(file, plugins, process.env);
  if ("settings" in loaded) return loaded.settings;
  for (const problem of loaded.problems) report(formatProblem(problem));
  return null;
}

/** The daemon, from the settings to the last signal; gives the exit code. */
export async function runDaemon(options: RunOptions): Promise<number> {
  const { conf, dryRun, logLevel, logFormat } = options;
  const hangups = catchHangups();
  const settings = await readSettings(conf, (line) => say("error", line));
  if (settings === null) return EXIT.usage;
  const dry = createDrySummary(await openLog({ level: logLevel, format: logFormat }));
  const { log } = dry;
  const clock = processClock(log);
  const stray = surviveStrayErrors(log, clock);
  const notifier = createNotifier(process.env, clock);
  const daemon = openDaemon({ clock, log, stateDir: settings.stateDir, dryRun });
  const ended = new AbortController();
  const stopping = untilStopped(ended.signal);
  try {
    await daemon.use(settings);
  } catch (error) {
    log("error", `checkd cannot start: ${describeError(error)}`);
    ended.abort();
    await daemon.stop();
    endSoon();
    return EXIT.unreachable;
  }
  log("info", `checkd ${version} runs${dryRun ? " dry: nothing is changed" : ""}`, {
    conf,
    pools: settings.pools.length,
  });
  const { board } = daemon.engine;
  notifier.ready(summary(board));
  notifier.guard();
  followStatus(board, clock, notifier, ended.signal);
  options.ready?.();
  hangups.begin(() => reload(conf, daemon, log, notifier));
  const signal = await stopping;
  hangups.end();
  notifier.stopping();
  log("info", `${signal}: stopping`);
  ended.abort();
  notifier.end();
  await daemon.stop();
  if (dryRun) process.stdout.write(dry.text(board, clock));
  else endSoon();
  stray.end();
  return EXIT.ok;
}

/** Whatever still holds the process: it ends with its exit code. */
const endSoon = (): void => void setTimeout(() => process.exit(), LINGER_MS).unref();

/** Tells the summary of all pools once a second at most: a reload posts each of thousands of pools. */
function followStatus(board: Board, clock: Clock, notifier: Notifier, signal: AbortSignal): void {
  let cancel: (() => void) | null = null;
  const tell = (): void => {
    cancel = null;
    notifier.status(summary(board));
  };
  board.follow(() => {
    cancel ??= clock.at(clock.now() + STATUS_MS, tell);
  }, signal);
  signal.addEventListener("abort", () => cancel?.(), { once: true });
}

/** `3 pools, 8 of 9 targets up`, for `systemctl status`. */
function summary(board: Board): string {
  const rows = [...board.pools()]
    .flatMap(({ rows: all }) => [...all.values()])
    .filter(({ target }) => target.part !== "reference");
  const up = rows.filter(({ verdict }) => verdict?.state === "up" && verdict.weight > 0).length;
  return `${[...board.pools()].length} pools, ${up} of ${rows.length} targets up`;
}

async function reload(file: string, daemon: Daemon, log: Log, notifier: Notifier): Promise<void> {
  notifier.reloading();
  try {
    const settings = await readSettings(file, (line) => log("error", line));
    if (settings === null) log("error", `${file} has problems: everything goes on as before`);
    else {
      await daemon.use(settings);
      log("info", "reloaded", { conf: file, pools: settings.pools.length });
    }
  } catch (error) {
    log("error", `the new configuration does not start, everything goes on as before: ${describeError(error)}`);
  }
  notifier.ready(summary(daemon.engine.board));
}
