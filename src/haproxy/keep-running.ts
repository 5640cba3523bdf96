import { existsSync, readFileSync } from "node:fs";
import type { HaproxySettings } from "../config/settings.ts";
import type { Clock, Log, Part } from "../contract.ts";
import { backOff } from "../core/timing.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { HaproxyError } from "./answer.ts";
import { checkConfig, ensureRunning, reloadHaproxy, runningPids } from "./process.ts";

const LOOK_MS: Ms = 1000;
/** Its configuration is about to be rendered. */
const LOOK_FOR_FILE_MS: Ms = 50;
const LONGEST_RETRY_MS: Ms = 30_000;

/**
 * A part that starts HAProxy whenever it is not running, and reloads it when its file has changed and is valid. It is
 * never stopped: connections outlive checkd.
 */
export function keepRunning(settings: HaproxySettings, clock: Clock, log: Log): Part {
  return {
    key: `haproxy ${JSON.stringify(settings)}`,
    start: async () => {
      let ended = false;
      let cancel = (): void => {};
      const looker = new Looker(settings, clock, log);
      const look = async (): Promise<void> => {
        const pauseMs = await looker.look();
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

class Looker {
  readonly #settings: HaproxySettings;
  readonly #clock: Clock;
  readonly #log: Log;
  /** What HAProxy has read, as far as is known; null: nothing is known yet. */
  #loaded: string | null = null;
  /** A file that HAProxy refused is not tried again before it changes. */
  #refused: string | null = null;
  #failures = 0;
  #waiting = false;

  constructor(settings: HaproxySettings, clock: Clock, log: Log) {
    this.#settings = settings;
    this.#clock = clock;
    this.#log = log;
  }

  /** Starts what does not run, reloads what is not as its file says; gives the time until the next look. */
  async look(): Promise<Ms> {
    const { confFile } = this.#settings;
    const runs = runningPids(this.#settings).length > 0;
    if (!runs && !existsSync(confFile)) {
      if (!this.#waiting) this.#log("info", `HAProxy is started as soon as there is ${confFile}`);
      this.#waiting = true;
      return LOOK_FOR_FILE_MS;
    }
    this.#waiting = false;
    try {
      if (runs) await this.#reloadIfChanged();
      else await this.#start();
      this.#failures = 0;
      return LOOK_MS;
    } catch (error) {
      if (this.#failures === 0) this.#log("error", `${describeError(error)}; trying on`);
      this.#failures += 1;
      return backOff(this.#failures - 1, LOOK_MS, LONGEST_RETRY_MS, Math.random());
    }
  }

  async #start(): Promise<void> {
    const { confFile } = this.#settings;
    const text = readFileSync(confFile, "utf8");
    await ensureRunning(this.#settings, this.#clock);
    this.#loaded = text;
    this.#log("info", `HAProxy was not running and is started: ${confFile}`, {
      pid: runningPids(this.#settings)[0] ?? 0,
    });
  }

  async #reloadIfChanged(): Promise<void> {
    const { confFile } = this.#settings;
    if (!existsSync(confFile)) return; // it goes on with what it has
    const text = readFileSync(confFile, "utf8");
    this.#loaded ??= text;
    if (text === this.#loaded || text === this.#refused) return;
    try {
      await checkConfig(this.#settings, this.#clock);
    } catch (error) {
      if (!(error instanceof HaproxyError) || error.kind !== "refused") throw error;
      this.#refused = text;
      this.#log("error", `HAProxy goes on as it is, ${confFile} is not fit for it: ${describeError(error)}`);
      return;
    }
    await reloadHaproxy(this.#settings, this.#clock);
    this.#loaded = text;
    this.#refused = null;
    this.#log("info", `HAProxy is reloaded: ${confFile} has changed`);
  }
}
