import { openAgent } from "../../agent/server.ts";
import type { Admin } from "../admin/admin.ts";
import { RenderWatch } from "../admin/metrics/render-watch.ts";
import { watchRegistries } from "../admin/registry-watch.ts";
import type { Settings } from "../config/settings.ts";
import type { Clock, Log } from "../contract.ts";
import { createEngine, type Engine } from "../engine/engine.ts";
import type { Observer } from "../engine/inside.ts";
import { createRecorder } from "../record/recorder.ts";
import { registryHouse } from "../registry/house.ts";
import { version } from "./exit.ts";
import { piecesOf } from "./pieces.ts";

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
  const registries = registryHouse({ clock, log }, dryRun);
  const recorder = createRecorder(clock, log);
  const watched = watchRegistries(registries.get, clock);
  const observers: Observer[] = [recorder];
  const engine = createEngine({ clock, log, stateDir, registry: watched.get, observers });
  const { board, prober, orders, journal, heard, outletEnv } = engine;
  const agent = openAgent({ board, prober, clock, log, heard });
  const renders = new RenderWatch(clock);
  let current: Settings | null = null;
  let latest: Settings | null = null;
  let admin: Admin | null = null;
  /** Opened with the first configuration that has an admin section: nobody else pays for its libraries. */
  const openAdminPart = async (settings: Settings): Promise<Admin> => {
    const { openAdmin } = await import("../admin/admin.ts");
    const opened = await openAdmin({
      ...{ board, prober, orders, journal, clock, log, version, agent, renders },
      settings: () => latest ?? settings,
      registries: watched.states,
      page: null,
    });
    observers.push(opened.observer);
    return opened;
  };
  return {
    engine,
    async use(settings) {
      for (const warning of settings.warnings) log("warn", warning);
      registries.use(settings.registries);
      recorder.use(settings.record, board);
      latest = settings;
      try {
        if (settings.admin !== null) admin ??= await openAdminPart(settings);
        await engine.configure(settings, piecesOf(settings, { agent, admin, clock, log, dryRun, outletEnv }));
        current = settings;
      } catch (error) {
        latest = current;
        if (current !== null) {
          registries.use(current.registries);
          recorder.use(current.record, board);
        }
        throw error;
      }
    },
    async stop() {
      await engine.stop(STOP_MS);
      await registries.close();
      recorder.close();
    },
  };
}
