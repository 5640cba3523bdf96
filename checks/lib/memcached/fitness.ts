import { formatDuration, type Observation, OwnFault } from "../../../src/index.ts";
import { quoted } from "../reason.ts";
import type { Sample, Trial } from "./cache.ts";
import type { Look } from "./health.ts";

/** An outcome with its reason. */
export type Fitness = Pick<Observation, "outcome" | "reason">;

const NO_MEMORY = /out of memory/i;
const TOO_LARGE = /too large/i;
const UNKNOWN = /^(ERROR$|unknown command)/i;

/** Whether a server may be used: stored, found again, with room for more; throws OwnFault when we asked wrongly. */
export function fitnessOf(trial: Trial, sample: Sample, look: Look): Fitness {
  if (trial.refused !== null) return refused(trial.refused, sample);
  if (trial.trouble !== null) return { outcome: "fail", reason: `stored, then answered ${quoted(trial.trouble)}` };
  if (trial.found === null) return { outcome: "fail", reason: "stored a value and did not find it again" };
  if (Buffer.compare(trial.found, sample.value) !== 0)
    return { outcome: "fail", reason: "gave back another value than was stored" };
  if (look.crowded !== null) return { outcome: "warn", reason: look.crowded };
  return { outcome: "pass", reason: `stores and finds${since(look)}` };
}

function refused(why: string, sample: Sample): Fitness {
  const bytes = sample.value.length;
  if (TOO_LARGE.test(why)) throw new OwnFault(`value_size: ${bytes} bytes are more than the server takes (${why})`);
  if (UNKNOWN.test(why)) throw new OwnFault(`the server does not know this protocol (${why})`);
  // It still answers, and finds what it has: stale memory is better than none.
  if (NO_MEMORY.test(why)) return { outcome: "warn", reason: `has no memory for a value of ${bytes} bytes` };
  return { outcome: "fail", reason: `does not store: ${quoted(why)}` };
}

const since = ({ restarted, memory }: Look): string =>
  restarted && memory.uptimeSeconds !== null
    ? `, restarted ${formatDuration(memory.uptimeSeconds * 1000)} ago with a cold cache`
    : "";
