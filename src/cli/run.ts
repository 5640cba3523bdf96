import { openAgent } from "../../agent/server.ts";
import { loadSettings } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { Settings } from "../config/settings.ts";
import type { Log } from "../contract.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import { describeError } from "../errors.ts";
import { type RegistryHouse, registryHouse } from "../registry/house.ts";
import { processClock } from "./environment.ts";
import { EXIT, version } from "./exit.ts";
import { type LogOptions, openLog } from "./logger.ts";
import { piecesOf } from "./pieces.ts";
import { plugins } from "./plugins.ts";

/** How the daemon is run. */
export interface RunOptions {
  readonly conf: string;
  readonly dryRun: boolean;
  readonly logLevel: LogOptions["level"];
  readonly logFormat: LogOptions["format"];
  /** Called once everything listens. */
  readonly ready?: () => void;
}

/** SIGTERM must be over in 2 s; what is left is for the exit itself. */
const STOP_MS = 1500;

/** Settings of a file; problems are printed, and null comes back. */
async function readSettings(file: string): Promise<Settings | null> {
  const loaded = await loadSettings(file, plugins, process.env);
  if ("settings" in loaded) return loaded.settings;
  for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
  return null;
}

/** The daemon, from the settings to the last signal; gives the exit code. */
export async function runDaemon(options: RunOptions): Promise<number> {
  const settings = await readSettings(options.conf);
  if (settings === null) return EXIT.usage;
  const log = await openLog({ level: options.logLevel, format: options.logFormat });
  const daemon = openDaemon(settings, log, options.dryRun);
  const ended = new AbortController();
  const stopping = untilStopped(ended.signal);
  try {
    await daemon.use(settings);
  } catch (error) {
    log("error", `checkd cannot start: ${describeError(error)}`);
    ended.abort();
    await daemon.stop();
    return EXIT.unreachable;
  }
  log("info", `checkd ${version} runs${options.dryRun ? " dry: nothing is changed" : ""}`, {
    conf: options.conf,
    pools: settings.pools.length,
  });
  options.ready?.();
  const reloads = reloadOnHangup(() => reload(options.conf, daemon, log));
  const signal = await stopping;
  reloads.end();
  log("info", `${signal}: stopping`);
  await daemon.stop();
  return EXIT.ok;
}

interface Daemon {
  readonly engine: Engine;
  use(settings: Settings): Promise<void>;
  stop(): Promise<void>;
}

function openDaemon(first: Settings, log: Log, dryRun: boolean): Daemon {
  const clock = processClock(log);
  const registries: RegistryHouse = registryHouse({ clock, log }, dryRun);
  const engine = createEngine({
    clock,
    log,
    stateDir: first.stateDir,
    registry: registries.get,
    observers: [],
  });
  const { board, prober, heard } = engine;
  const agent = openAgent({ board, prober, clock, log, heard });
  return {
    engine,
    async use(settings) {
      for (const warning of settings.warnings) log("warn", warning);
      registries.use(settings.registries);
      await engine.configure(settings, piecesOf(settings, { agent, clock, log, dryRun, outletEnv: engine.outletEnv }));
    },
    async stop() {
      await engine.stop(STOP_MS);
      await registries.close();
    },
  };
}

async function reload(file: string, daemon: Daemon, log: Log): Promise<void> {
  const settings = await readSettings(file);
  if (settings === null) return log("error", `${file} has problems: everything goes on as before`);
  try {
    await daemon.use(settings);
    log("info", "reloaded", { conf: file, pools: settings.pools.length });
  } catch (error) {
    log("error", `the new configuration does not start, everything goes on as before: ${describeError(error)}`);
  }
}

/** One reload after the other, and the newest file however many signals came. */
function reloadOnHangup(load: () => Promise<void>): { end(): void } {
  let wanted = false;
  let running = false;
  const onSignal = async (): Promise<void> => {
    wanted = true;
    if (running) return;
    running = true;
    while (wanted) {
      wanted = false;
      await load();
    }
    running = false;
  };
  const listener = (): void => void onSignal();
  process.on("SIGHUP", listener);
  return { end: () => process.off("SIGHUP", listener) };
}

function untilStopped(given: AbortSignal): Promise<NodeJS.Signals> {
  const names: readonly NodeJS.Signals[] = ["SIGTERM", "SIGINT"];
  return new Promise((done) => {
    const listeners = names.map((name) => [name, () => end(name)] as const);
    const end = (name: NodeJS.Signals): void => {
      for (const [each, listener] of listeners) process.off(each, listener);
      done(name);
    };
    for (const [name, listener] of listeners) process.on(name, listener);
    given.addEventListener("abort", () => end("SIGTERM"), { once: true });
  });
}
