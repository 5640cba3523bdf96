import { join } from "node:path";
import type { Clock, Log, RegistryReader } from "../contract.ts";
import { createClock } from "../engine/clock.ts";
import { describeError } from "../errors.ts";
import { exactEnvironment } from "../registry/environment.ts";
import { createNames } from "../render/functions/name-service.ts";
import { intervalLoop } from "../render/interval-loop.ts";
import { createLoader, type Loader, patientLoader } from "../render/loader.ts";
import type { RenderLog } from "../render/log.ts";
import type { Member } from "../render/member.ts";
import type { Outcome } from "../render/outcome.ts";
import { ResourceError } from "../render/resource/resource.ts";
import { renderRound } from "../render/round.ts";
import type { RoundEnv } from "../render/round-env.ts";
import { openBackend } from "../render/source/backend.ts";
import { fetchEntries } from "../render/source/fetch.ts";
import { keysMemory } from "../render/transaction/shrink-memory.ts";
import { watchLoop } from "../render/watch-loop.ts";
import { EXIT, version } from "./exit.ts";
import { FlagError } from "./go-flags.ts";
import { renderHelp } from "./render-flags.ts";
import { levelOf, openRenderLog, type RenderLogger } from "./render-log.ts";
import { nodesOf } from "./render-nodes.ts";
import { type RenderOptions, readOptions } from "./render-options.ts";
import { untilStopped } from "./signals.ts";

/** A reload that runs when checkd is stopped may take so long to end. */
const PATIENCE_MS = 10_000;
const SIGNAL_WORDS: Readonly<Record<string, string>> = { SIGTERM: "terminated", SIGINT: "interrupt" };

/** `checkd render`; gives the exit code. */
export async function render(argv: readonly string[]): Promise<number> {
  if (argv.some((word) => /^--?(h|help)$/.test(word))) {
    process.stdout.write(renderHelp());
    return EXIT.ok;
  }
  try {
    const options = readOptions(argv, process.env);
    if (!options.version) return await run(options);
    process.stdout.write(`checkd ${version}\n`);
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof FlagError || error instanceof ResourceError)) throw error;
    process.stderr.write(`checkd render: ${error.message}\n(checkd render -help shows all flags)\n`);
    return EXIT.usage;
  }
}

async function run(options: RenderOptions): Promise<number> {
  const level = levelOf(options.logLevel) ?? "info";
  const logger = openRenderLog(level, options.logFormat, (line) => void process.stderr.write(line));
  const { log } = logger;
  const clock = createClock((error) => log("error", `internal: ${describeError(error)}`));
  let reader: RegistryReader;
  try {
    reader = await open(options, clock, log);
  } catch (error) {
    logger.fatal(describeError(error));
    return EXIT.no;
  }
  try {
    return await work(options, { reader, clock, logger });
  } finally {
    await reader.close();
  }
}

/** The backend, at the nodes that were named or that the name service names; says how it begins. */
async function open(options: RenderOptions, clock: Clock, log: RenderLog): Promise<RegistryReader> {
  const { backend, srvRecord } = options;
  for (const warning of options.warnings) log("warning", warning);
  const nodes = await nodesOf(backend, srvRecord, { names: createNames(), clock, log });
  log("info", `Backend set to ${backend.backend}`);
  log("info", "Starting confd");
  log("info", `Backend source(s) set to ${(backend.backend === "file" ? backend.files : nodes).join(", ")}`);
  return openBackend({ ...backend, nodes }, clock);
}

interface Tools {
  readonly reader: RegistryReader;
  readonly clock: Clock;
  readonly logger: RenderLogger;
}

async function work(options: RenderOptions, tools: Tools): Promise<number> {
  const { clock, logger } = tools;
  const once = options.mode === "onetime";
  const load = createLoader(options, { clock, log: logger.log, env: exactEnvironment(process.env), once });
  let members: readonly Member[];
  try {
    members = load();
  } catch (error) {
    logger.fatal(describeError(error));
    return EXIT.no;
  }
  const stopping = new AbortController();
  const patience = new AbortController();
  const env = roundEnv(options, tools, stopping.signal, patience.signal);
  if (once) return renderOnce(members, env, logger);
  const ending = new AbortController();
  let cancel = (): void => {};
  const stopped = untilStopped(ending.signal).then((name) => {
    if (ending.signal.aborted) return;
    logger.log("info", `Captured ${SIGNAL_WORDS[name] ?? name}. Exiting...`);
    stopping.abort(new Error("checkd is stopping"));
    cancel = clock.at(clock.now() + PATIENCE_MS, () => patience.abort(new Error("checkd is stopping")));
  });
  await loop(options, { members, load, env, tools });
  cancel();
  ending.abort();
  await stopped;
  return EXIT.ok;
}

interface LoopGiven {
  readonly members: readonly Member[];
  readonly load: Loader;
  readonly env: RoundEnv;
  readonly tools: Tools;
}

function loop(options: RenderOptions, { members, load, env, tools }: LoopGiven): Promise<void> {
  const { reader, clock, logger } = tools;
  if (options.mode !== "watch") return intervalLoop(patientLoader(members, load, logger.log), options.intervalMs, env);
  // Without members nothing can come of it: conf.d is read at the start only.
  if (members.length === 0) return Promise.resolve();
  return watchLoop(members, reader, { clock, log: plainLog(logger.log), name: options.backend.backend }, env);
}

function roundEnv(
  { noop, syncOnly, keepStageFile, stateDir }: RenderOptions,
  { reader, clock, logger: { log } }: Tools,
  signal: AbortSignal,
  patience: AbortSignal,
): RoundEnv {
  const memory = keysMemory(join(stateDir, "render"), (error) =>
    log("debug", `Nothing is remembered for the next run: ${describeError(error)}`),
  );
  const show = (diff: string): void => void process.stdout.write(diff);
  const entries: RoundEnv["entries"] = (paths, ending) => fetchEntries(reader, paths, ending);
  return { clock, log, noop, syncOnly, keepStageFile, memory, signal, patience, show, entries };
}

/** One round; the last error is what it ends with. */
async function renderOnce(members: readonly Member[], env: RoundEnv, { fatal }: RenderLogger): Promise<number> {
  const outcomes = await renderRound(members, env);
  const bad = [...outcomes.values()].map(reasonOf).filter((reason) => reason !== null);
  const last = bad.at(-1);
  if (last === undefined) return EXIT.ok;
  fatal(last);
  return EXIT.no;
}

function reasonOf(outcome: Outcome): string | null {
  if (outcome.kind === "failed") return outcome.error.message;
  return outcome.kind === "held" ? "too few keys: the old file stays" : null;
}

const plainLog =
  (log: RenderLog): Log =>
  (level, text) =>
    log(level === "warn" ? "error" : level, text);
