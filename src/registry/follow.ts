import { setMaxListeners } from "node:events";
import type { Clock, Log, RegistryReader, Snapshot } from "../contract.ts";
import { backOff } from "../core/timing.ts";
import type { Ms } from "../core/types.ts";
import { describeError, RegistryError } from "../errors.ts";

/**
 * What is known of the keys below a prefix. waiting: never read; current: as the registry has it now (also when that is
 * nothing); stale: the registry itself does not vouch for it; the others: the last good keys, and why there are no newer ones.
 */
export interface Followed {
  readonly state: "waiting" | "current" | "stale" | RegistryError["kind"];
  readonly snapshot: Snapshot | null;
  /** When this state began. */
  readonly since: Ms;
  readonly error: string | null;
}

/** What a follower works with; `random` 0..1 spreads retries. */
export interface FollowEnv {
  readonly clock: Clock;
  readonly log: Log;
  /** Name of the registry, for the log. */
  readonly name: string;
  readonly random?: () => number;
}

const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 10_000;
/** A watch that stayed silent so long is asked anew: it may have died without a word. */
const LONGEST_WATCH_MS = 75_000;

/** Reads a prefix for ever: the newest keys by watches, the last good ones while the registry is away. Ends with the signal. */
export function follow(
  reader: RegistryReader,
  prefix: string,
  env: FollowEnv,
  signal: AbortSignal,
  see: (now: Followed) => void,
): void {
  // Whoever follows many prefixes does so with one signal: a listener each is no leak.
  setMaxListeners(0, signal);
  let known: Followed = { state: "waiting", snapshot: null, since: env.clock.now(), error: null };
  const enter = (state: Followed["state"], snapshot: Snapshot | null, error: string | null): void => {
    const since = state === known.state ? known.since : env.clock.now();
    if (state !== known.state) announce(env, prefix, known, state, error);
    known = { state, snapshot, since, error };
    see(known);
  };
  const run = async (): Promise<void> => {
    let failures = 0;
    let after: string | null = null;
    while (!signal.aborted) {
      try {
        const snapshot: Snapshot = await readOnce(reader, prefix, after, env.clock, signal);
        failures = 0;
        // A blocking read that ran out brings the same revision again: no news.
        const news = snapshot.revision !== after || known.state !== "current";
        if (!snapshot.fresh) enter("stale", known.snapshot ?? snapshot, null);
        else if (news) enter("current", snapshot, null);
        after = snapshot.revision;
      } catch (error) {
        if (signal.aborted) return;
        const wasSilent = error === SILENT;
        after = null;
        if (wasSilent) continue;
        enter(error instanceof RegistryError ? error.kind : "unreachable", known.snapshot, describeError(error));
        const random = (env.random ?? Math.random)();
        await pause(env.clock, backOff(failures, FIRST_RETRY_MS, LONGEST_RETRY_MS, random), signal);
        failures += 1;
      }
    }
  };
  void run();
}

const SILENT = new RegistryError("unreachable", "no news for a long time");

async function readOnce(
  reader: RegistryReader,
  prefix: string,
  after: string | null,
  clock: Clock,
  signal: AbortSignal,
): Promise<Snapshot> {
  const ended = new AbortController();
  const stop = (): void => ended.abort(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  const cancel = clock.at(clock.now() + LONGEST_WATCH_MS, () => ended.abort(SILENT));
  try {
    return await reader.read(prefix, after, ended.signal);
  } finally {
    cancel();
    signal.removeEventListener("abort", stop);
  }
}

/** Waits; ends early, without an error, when the signal fires. */
export function pause(clock: Clock, ms: Ms, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", end);
      done();
    };
    const cancel = clock.at(clock.now() + ms, end);
    signal.addEventListener("abort", end, { once: true });
  });
}

/** One line when the state changes, none while it lasts. */
function announce(
  { log, name }: FollowEnv,
  prefix: string,
  known: Followed,
  state: Followed["state"],
  error: string | null,
): void {
  const what = `registry ${name}, ${prefix === "" ? "all keys" : prefix}`;
  if (state === "current") {
    if (known.state !== "waiting") log("info", `${what}: back, reading current keys`);
  } else if (state === "stale")
    log("warn", `${what}: it has no leader and answers from an old copy; the last keys stay`);
  else log("warn", `${what}: ${state}, the last good keys stay: ${error ?? ""}`);
}
