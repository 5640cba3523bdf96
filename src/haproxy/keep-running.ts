import type { HaproxySettings } from "../config/settings.ts";
import type { Clock, Log, Part } from "../contract.ts";
import { backOff } from "../core/timing.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { ensureRunning, runningPids } from "./process.ts";

const LOOK_MS: Ms = 1000;
const LONGEST_RETRY_MS: Ms = 30_000;

/** A part that starts HAProxy whenever it is not running. It is never stopped: connections outlive checkd. */
export function keepRunning(settings: HaproxySettings, clock: Clock, log: Log): Part {
  return {
    key: `haproxy ${JSON.stringify(settings)}`,
    start: async () => {
      let ended = false;
      let failures = 0;
      let cancel = (): void => {};
      const look = async (): Promise<void> => {
        let pauseMs = LOOK_MS;
        try {
          if (await ensureRunning(settings, clock))
            log("info", `HAProxy was not running and is started: ${settings.confFile}`, {
              pid: runningPids(settings.pidFile)[0] ?? 0,
            });
          failures = 0;
        } catch (error) {
          pauseMs = backOff(failures, LOOK_MS, LONGEST_RETRY_MS, Math.random());
          if (failures === 0) log("error", `${describeError(error)}; trying on`);
          failures += 1;
        }
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
