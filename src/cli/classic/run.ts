// The three programs of old: one configuration object, the engine and its publications without agent and admin, a front.
import { loadObject } from "../../config/load.ts";
import type { Variables } from "../../config/loading.ts";
import { formatProblem } from "../../config/problem.ts";
import type { Settings } from "../../config/settings.ts";
import type { Log, Plugins } from "../../contract.ts";
import { createEngine, type Engine } from "../../engine/engine.ts";
import type { Piece } from "../../engine/parts.ts";
import { registryHouse } from "../../registry/house.ts";
import { processClock } from "../environment.ts";
import { EXIT } from "../exit.ts";
import { createEnding, type Ending } from "./ending.ts";
import { Front } from "./front.ts";
import { lazyLog } from "./lazy-log.ts";
import type { VerdictWords } from "./news.ts";
import type { ClassicOptions } from "./options.ts";
import { createRounds } from "./rounds.ts";
import type { Tag } from "./tag-front.ts";

/** The one registry of these programs, as their configuration calls it. */
export const REGISTRY = "consul";

/** What makes one of the programs. */
export interface Classic {
  /** As a file would say it; the registry is called `consul`. */
  readonly config: object;
  /** Where the configuration came from, for problems. */
  readonly file: string;
  /** The kinds that the configuration uses, so that no other is loaded. */
  readonly plugins: Plugins;
  readonly tags: readonly Tag[];
  readonly words: VerdictWords;
  /** Kind of the source that is asked for the servers; null: they are listed. */
  readonly lister: string | null;
  readonly options: ClassicOptions;
}

const STOP_MS = 1500;
/** A round that has not come to an end by then cannot reach what it needs: longer than any deadline within it. */
const ONCE_MS = 15_000;

/** Runs a program until it is stopped, or one round; gives the exit code. */
export async function runClassic(classic: Classic, env: Variables): Promise<number> {
  const { once, everyMs } = classic.options;
  const { log, load, flush } = lazyLog(classic.options.log);
  if (!once) load();
  const clock = processClock(log);
  const ending = createEnding(once ? EXIT.unreachable : EXIT.ok);
  const rounds = createRounds(clock, once ? null : everyMs, () => front.round());
  const moved = (): void => {
    if (front.knowsKeys) rounds.begin();
    if (once && front.outcome !== null) ending.end(front.outcome);
  };
  const print = (line: string): void => void process.stdout.write(line);
  const front = new Front({ ...classic, clock, log, print, moved });
  const overdue = once ? clock.at(clock.now() + ONCE_MS, () => ending.end(EXIT.unreachable)) : () => {};
  try {
    const loaded = await loadObject(classic.config, classic.file, front.plugins(classic.plugins), env);
    if ("settings" in loaded) return await work(loaded.settings, front, ending, { clock, log: detail(classic, log) });
    for (const problem of loaded.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return EXIT.usage;
  } finally {
    overdue();
    rounds.stop();
    ending.release();
    await flush();
  }
}

/** What the engine says is detail: the front has said in its own words what matters. */
function detail({ options }: Classic, log: Log): Log {
  return (level, text, fields) => {
    if (level === "error" || options.log.level === "debug") log(level, text, fields);
  };
}

async function work(
  settings: Settings,
  front: Front,
  ending: Ending,
  given: { readonly clock: ReturnType<typeof processClock>; readonly log: Log },
): Promise<number> {
  const { clock, log } = given;
  for (const warning of settings.warnings) log("warn", warning);
  const registries = registryHouse({ clock, log }, false);
  registries.use(settings.registries);
  const registry = front.registry(registries.get(REGISTRY));
  const engine = createEngine({
    clock,
    log,
    stateDir: null,
    registry: () => registry,
    observers: [front.observer],
  });
  const looking = new AbortController();
  front.follow(engine, registry, REGISTRY, looking.signal);
  try {
    await engine.configure(settings, publications(settings, engine));
    return await ending.code;
  } finally {
    looking.abort();
    await engine.stop(STOP_MS);
    await registries.close();
  }
}

function publications(settings: Settings, engine: Engine): Piece[] {
  return settings.pools.flatMap(({ name, outlets }) =>
    outlets.map(({ kind, options, key }) => {
      const part = kind.create(options, { ...engine.outletEnv(name), agentPorts: () => [], dryRun: false });
      return { part: { key: `${part.key} ${key}`, start: () => part.start() }, holds: [] };
    }),
  );
}
