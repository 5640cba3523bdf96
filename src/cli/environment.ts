import type { Clock, Env, Log, Registry } from "../contract.ts";
import { createClock } from "../engine/clock.ts";
import { describeError, RegistryError } from "../errors.ts";

/** The clock of a program; what fails in a timer is logged and stops nothing else. */
export const processClock = (log: Log): Clock =>
  createClock((error) => log("error", `internal: ${describeError(error)}`));

/** What a plug-in is given where no registry is configured. */
export function bareEnv(clock: Clock, log: Log): Env {
  const registry = (name: string): Registry => {
    throw new RegistryError("refused", `there is no registry ${name}`);
  };
  return { clock, log, registry };
}
