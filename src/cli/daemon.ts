import { openAgent } from "../../agent/server.ts";
import { watchRegistries } from "../admin/registry-watch.ts";
import type { Settings } from "../config/settings.ts";
import type { Clock, Log } from "../contract.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import type { Observer } from "../engine/inside.ts";
import { createRecorder } from "../record/recorder.ts";
import { registryHouse } from "../registry/house.ts";
import { createAdminDoor } from "./admin-door.ts";
import { fewOpenFiles, openFilesLimit } from "./open-files.ts";
import { piecesOf } from "./pieces.ts";
import { openShelf } from "./shelf.ts";

/** Everything that runs, put together. */
export interface Daemon {
  readonly engine: Engine;
  /** Runs these settings; when something does not start, it throws and the former ones go on. */
  use(settings: Settings): Promise<void>;
  /** In the order of the flow, agent ports last. */
  stop(): Promise<void>;
}

/** What the daemon is given by the program. */
export interface DaemonGiven {
  readonly clock: Clock;
  readonly log: Log;
  readonly stateDir: string | null;
  readonly dryRun: boolean;
}

/** SIGTERM must be over in 2 s; what is left is for the exit itself. */
const STOP_MS = 1500;

/** Puts the daemon together; nothing runs before `use`. */
export function openDaemon({ clock, log, stateDir, dryRun }: DaemonGiven): Daemon {
  const house = registryHouse({ clock, log }, dryRun);
  const registries = watchRegistries(house.get, clock);
  const recorder = createRecorder(clock, log);
  const observers: Observer[] = [recorder];
  const registry = registries.get;
  const orderShelf = openShelf({ clock, log, stateDir, dryRun, registry });
  const engine = createEngine({ clock, log, stateDir: dryRun ? null : stateDir, registry, observers, orderShelf });
  const { board, prober, heard, outletEnv } = engine;
  const agent = openAgent({ board, prober, clock, log, heard });
  let current: Settings | null = null;
  let newest: Settings | null = null;
  const settings = (): Settings => newest ?? nothing();
  const observe = (observer: Observer): void => void observers.push(observer);
  const door = createAdminDoor({ engine, agent, clock, log, registries, settings, observe });
  const fixed = { agent, clock, log, dryRun, stateDir, registry, outletEnv, rendered: door.rendered };
  const turnTo = (to: Settings): void => {
    newest = to;
    house.use(to.registries);
    recorder.use(to.record, board);
    orderShelf.use(to.overrides);
  };
  return {
    engine,
    async use(settings) {
      const few = fewOpenFiles(settings, openFilesLimit());
      for (const warning of [...settings.warnings, ...(few === null ? [] : [few])]) log("warn", warning);
      turnTo(settings);
      try {
        const admin = await door.open(settings);
        await engine.configure(settings, piecesOf(settings, { ...fixed, admin }));
        current = settings;
      } catch (error) {
        if (current !== null) turnTo(current);
        throw error;
      }
    },
    async stop() {
      await engine.stop(STOP_MS);
      await orderShelf.close();
      await house.close();
      recorder.close();
    },
  };
}

function nothing(): never {
  throw new Error("nothing is configured yet");
}
