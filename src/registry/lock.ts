import type { Clock, Log, Registry, Session } from "../contract.ts";
import { backOff } from "../core/timing.ts";
import type { Ms } from "../core/types.ts";
import { describeError } from "../errors.ts";
import { pause } from "./follow.ts";
import { hubOf } from "./hub.ts";

/** Whether we are the one who may write (as long as that session is not lost), and who is otherwise. */
export type LockState =
  | { readonly held: Session }
  | { readonly held: null; readonly holder: string | null; readonly error: string | null };

/** A lock by its name; the key lies below `checkd/lock/`, never below a published prefix. */
export interface LockOptions {
  readonly registry: Registry;
  /** What the configuration calls the registry, for the log. */
  readonly registryName: string;
  readonly name: string;
  /** Who we are, written into the key for people. */
  readonly owner: string;
  readonly ttlMs: Ms;
  readonly clock: Clock;
  readonly log: Log;
}

const FIRST_RETRY_MS = 300;
const LONGEST_RETRY_MS = 5000;
const CLOSE_MS = 2000;

/** The key of a lock: the name with every slash made a dash, so that locks are siblings. */
export const lockKey = (name: string): string => `checkd/lock/${name.replaceAll("/", "-")}`;

/**
 * Competes for a lock until the signal fires, telling each change of hands. The lock is a key that exists as long as its
 * owner's session: while another holds it we watch that key, so taking over costs no polling.
 */
export async function compete(
  options: LockOptions,
  signal: AbortSignal,
  see: (state: LockState) => void,
): Promise<void> {
  const { clock, log, name } = options;
  let failures = 0;
  let complained = false;
  while (!signal.aborted) {
    try {
      await oneTurn(options, signal, see);
      failures = 0;
      complained = false;
    } catch (error) {
      if (signal.aborted) return;
      see({ held: null, holder: null, error: describeError(error) });
      if (!complained) log("warn", `lock ${name}: ${describeError(error)}; trying on`);
      complained = true;
      await pause(clock, backOff(failures, FIRST_RETRY_MS, LONGEST_RETRY_MS, Math.random()), signal);
      failures += 1;
    }
  }
}

async function oneTurn(options: LockOptions, signal: AbortSignal, see: (state: LockState) => void): Promise<void> {
  const { registry, name, owner, ttlMs, clock } = options;
  const key = lockKey(name);
  const session = await registry.session(ttlMs, signal);
  try {
    while (!signal.aborted && !session.lost.aborted) {
      const { conflicts } = await registry.commit([{ key, expect: "absent", session, put: owner }], signal);
      if (conflicts.length === 0) {
        see({ held: session });
        await lostOrEnded(session, signal);
        if (!signal.aborted) see({ held: null, holder: null, error: describeError(session.lost.reason) });
        return;
      }
      await released(options, key, session, signal, see);
      // Consul refuses a lock for its lock-delay after a session died: ask again until it is over.
      await pause(clock, FIRST_RETRY_MS, signal);
    }
  } finally {
    const ended = new AbortController();
    const cancel = clock.at(clock.now() + CLOSE_MS, () => ended.abort());
    await Promise.race([
      session.close().catch(() => {}),
      new Promise<void>((done) => ended.signal.addEventListener("abort", () => done(), { once: true })),
    ]);
    cancel();
  }
}

const lostOrEnded = (session: Session, signal: AbortSignal): Promise<void> =>
  new Promise((done) => {
    const end = (): void => {
      session.lost.removeEventListener("abort", end);
      signal.removeEventListener("abort", end);
      done();
    };
    if (session.lost.aborted || signal.aborted) return end();
    session.lost.addEventListener("abort", end, { once: true });
    signal.addEventListener("abort", end, { once: true });
  });

/** Resolves when nobody holds the lock. One watch serves all locks of a registry, however many we wait for. */
function released(
  { registry, registryName, clock, log }: LockOptions,
  key: string,
  session: Session,
  signal: AbortSignal,
  see: (state: LockState) => void,
): Promise<void> {
  return new Promise((done) => {
    const ended = new AbortController();
    const end = (): void => {
      signal.removeEventListener("abort", end);
      session.lost.removeEventListener("abort", end);
      ended.abort();
      done();
    };
    if (signal.aborted || session.lost.aborted) return end();
    signal.addEventListener("abort", end, { once: true });
    session.lost.addEventListener("abort", end, { once: true });
    hubOf(registry, { clock, log, name: registryName }).watch(
      key,
      ({ state, snapshot, error }) => {
        if (state === "waiting") return;
        if (state !== "current") return see({ held: null, holder: null, error });
        const entry = snapshot?.entries.get(key);
        if (entry === undefined) end();
        else see({ held: null, holder: entry.value, error: null });
      },
      ended.signal,
    );
  });
}
