import { existsSync } from "node:fs";
import type { HaproxySettings } from "../config/settings.ts";
import type { Clock, Log, Part } from "../contract.ts";
import { backOff } from "../core/timing.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { ensureRunning, runningPids } from "./process.ts";

const LOOK_MS: Ms = 1000;
/** Its configuration is about to be rendered. */
const LOOK_FOR_FILE_MS: Ms = 50;
const LONGEST_RETRY_MS: Ms = 30_000;

/** A part that starts HAProxy whenever it is not running. It is never stopped: connections outlive checkd. */
export function keepRunning(settings: HaproxySettings, clock: Clock, log: Log): Part {
  return {
    key: `haproxy ${JSON.stringify(settings)}`,
    start: async () => {
      let ended = false;
      let cancel = (): void => {};
      const looker = createLooker(settings, clock, log);
      const look = async (): Promise<void> => {
        const pauseMs = await looker();
        if (!ended) cancel = clock.at(clock.now() + pauseMs, () => void look());
      };
      await look();
      return {
        stop: async () => {
          ended = true;
          cancel();
        },
      };
    },
  };
}

/** One look after the other: starts what does not run, and gives the time until the next look. */
function createLooker(settings: HaproxySettings, clock: Clock, log: Log): () => Promise<Ms> {
  const { confFile } = settings;
  let failures = 0;
  let waiting = false;
  const start = async (): Promise<Ms> => {
    if (await ensureRunning(settings, clock))
      log("info", `HAProxy was not running and is started: ${confFile}`, { pid: runningPids(settings)[0] ?? 0 });
    failures = 0;
    return LOOK_MS;
  };
  return async () => {
    if (runningPids(settings).length === 0 && !existsSync(confFile)) {
      if (!waiting) log("info", `HAProxy is started as soon as there is ${confFile}`);
      waiting = true;
      return LOOK_FOR_FILE_MS;
    }
    waiting = false;
    try {
      return await start();
    } catch (error) {
      if (failures === 0) log("error", `${describeError(error)}; trying on`);
      failures += 1;
      return backOff(failures - 1, LOOK_MS, LONGEST_RETRY_MS, Math.random());
    }
  };
}
