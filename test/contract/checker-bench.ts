// What the contract suite of checkers needs: an Env, questions with a deadline, counts of what is open.
import { readdirSync } from "node:fs";
import { createClock } from "../../src/engine/clock.ts";
import { describeError, type Env, type Observation, OwnFault, type Probe, type Target } from "../../src/index.ts";
import { sleep } from "../servers/process.ts";

/** The Env of a checker that needs no registry. */
export const testEnv = (): Env => ({
  clock: createClock((error) => {
    throw error;
  }),
  log: () => {},
  registry: () => {
    throw new Error("no registry here");
  },
});

/** A target on some address. */
export const targetAt = (at: { readonly host: string; readonly port: number }, name = "app1"): Target => ({
  name,
  host: at.host,
  port: at.port,
  meta: {},
  part: "member",
});

/** What came of a question, and whether the probe was still silent 50 ms after its time was up. */
export interface Asked {
  readonly seen: Observation;
  readonly timedOut: boolean;
  readonly overdue: boolean;
}

/** The reason an engine gives its signal. */
export const TIME_IS_UP = "no answer in time";

/**
 * Asks with a deadline and makes an observation of an error, as the engine does. "50 ms late" is measured by a timer
 * of this very process, so that a busy machine delays both sides alike.
 */
export async function question(probe: Probe, timeoutMs: number): Promise<Asked> {
  const controller = new AbortController();
  let timedOut = false;
  let overdue = false;
  let late: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    timedOut = true;
    late = setTimeout(() => setImmediate(() => (overdue = true)), 50);
    controller.abort(new Error(TIME_IS_UP));
  }, timeoutMs);
  try {
    return { seen: await seenBy(probe, controller.signal), timedOut, overdue };
  } finally {
    clearTimeout(timer);
    clearTimeout(late);
  }
}

async function seenBy(probe: Probe, signal: AbortSignal): Promise<Observation> {
  try {
    return await probe.ask(signal);
  } catch (error) {
    const outcome = error instanceof OwnFault ? "unknown" : "fail";
    return { outcome, reason: describeError(error), facts: {}, weight: null, claim: null };
  }
}

/** Descriptors this process has open. */
export const openDescriptors = (): number => readdirSync("/proc/self/fd").length;

const KINDS = ["TCPSocketWrap", "TCPServerWrap", "TLSWrap", "PipeWrap", "ProcessWrap", "Timeout"] as const;

/** How many sockets, pipes, children and timers this process has, by kind. */
export type Handles = Readonly<Record<(typeof KINDS)[number], number>>;

/** The handles of this process now. */
export function openHandles(): Handles {
  const counts = { TCPSocketWrap: 0, TCPServerWrap: 0, TLSWrap: 0, PipeWrap: 0, ProcessWrap: 0, Timeout: 0 };
  for (const each of process.getActiveResourcesInfo()) {
    const kind = KINDS.find((name) => name === each);
    if (kind !== undefined) counts[kind] += 1;
  }
  return counts;
}

/** Kinds of which there are more than before; others may have gone meanwhile. */
export const gained = (before: Handles, now: Handles = openHandles()): readonly string[] =>
  KINDS.filter((kind) => now[kind] > before[kind]);

/** A few turns of the loop, so that what was closed is closed. */
export const settled = (): Promise<void> => sleep(20);
