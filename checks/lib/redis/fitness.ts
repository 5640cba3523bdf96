import { formatDuration, type Ms, type Observation } from "../../../src/index.ts";
import type { ServerState } from "./state.ts";
import type { Agreement } from "./votes.ts";

/** An outcome with its reason, and how unfit: of several that only warn, the pool keeps the least bad. */
export type Fitness = Pick<Observation, "outcome" | "reason"> & { readonly badness: number };

/** How stale a replica may be. */
export interface ReplicaLimits {
  readonly maxIoAgeMs: Ms;
  readonly maxLagBytes: number | null;
  /** Staleness beyond which it may not serve at all. */
  readonly staleLimitMs: Ms | null;
}

// Known lag is better than silence of unknown length behind an open link, and that better than a link that is gone.
const BADNESS = { lagMegabyte: 1, silentSecond: 1_000, cutOffSecond: 1_000_000 };
const MEGABYTE = 1024 * 1024;

const fail = (reason: string): Fitness => ({ outcome: "fail", reason, badness: 0 });
const warn = (reason: string, badness: number): Fitness => ({ outcome: "warn", reason, badness });
const pass = (reason: string): Fitness => ({ outcome: "pass", reason, badness: 0 });

/** What keeps any server from serving, whatever its role. */
function refusal(state: ServerState): Fitness | null {
  if (state.refuses !== null) return fail(state.refuses.message);
  if (state.cluster !== null && state.cluster.state !== "ok") return fail(`cluster_state:${state.cluster.state}`);
  return null;
}

/**
 * Whether a server may take writes. A Sentinel majority that names another, healthy server makes a claimant one that
 * has come back after a fail-over; while that fail-over still runs, the claim stands.
 */
export function masterFitness(state: ServerState, self: string, agreed: Agreement | null): Fitness {
  // Role before loading: a loading server says role:master, and a replica is out for its role in any case.
  if (state.role === "slave") return fail(`role:slave of ${state.follows}, wanted master`);
  const refused = refusal(state);
  if (refused !== null) return refused;
  if (state.goodReplicas === 0) return fail("refuses writes: no replica is near enough for min-replicas-to-write");
  if (agreed?.trusted && agreed.healthy && agreed.says !== self)
    return fail(`role:master, but ${agreed.votes} of ${agreed.of} Sentinels name ${agreed.says}`);
  const replicas = state.connectedReplicas === 1 ? "1 replica" : `${state.connectedReplicas} replicas`;
  return pass(`role:master with ${replicas}`);
}

/** Whether a server may take reads as a replica. */
export function replicaFitness(state: ServerState, lagBytes: number | null, limits: ReplicaLimits): Fitness {
  if (state.role === "master") return fail("role:master, wanted a replica");
  const refused = refusal(state);
  if (refused !== null) return refused;
  if (!state.linkUp) return linkDown(state, limits);
  return connected(state, lagBytes, limits);
}

function linkDown(state: ServerState, limits: ReplicaLimits): Fitness {
  const seconds = state.linkDownSeconds;
  // Never linked, and no offset from a former life: its data set is not a copy of anything.
  if (seconds === null && state.offset <= 1) return fail(`nothing replicated from ${state.follows} yet`);
  const since = seconds === null ? "" : ` for ${formatDuration(seconds * 1000)}`;
  const reason = `link to ${state.follows} down${since}${state.syncing ? ", full copy is running" : ""}`;
  return tooStale(seconds, limits) ? fail(`${reason}, beyond stale_limit`) : warn(reason, cutOff(seconds));
}

const cutOff = (seconds: number | null): number => BADNESS.cutOffSecond * ((seconds ?? 0) + 1);

function connected(state: ServerState, lagBytes: number | null, limits: ReplicaLimits): Fitness {
  const quiet = state.lastIoSeconds;
  if (quiet !== null && quiet * 1000 > limits.maxIoAgeMs) {
    const reason = `nothing heard of ${state.follows} for ${formatDuration(quiet * 1000)}, though the link is up`;
    return tooStale(quiet, limits) ? fail(`${reason}, beyond stale_limit`) : warn(reason, BADNESS.silentSecond * quiet);
  }
  if (lagBytes !== null && limits.maxLagBytes !== null && lagBytes > limits.maxLagBytes)
    return warn(
      `${lagBytes} bytes behind ${state.follows}, allowed are ${limits.maxLagBytes}`,
      (BADNESS.lagMegabyte * lagBytes) / MEGABYTE,
    );
  return pass(`replica of ${state.follows}${lagBytes === null ? "" : `, ${lagBytes} bytes behind`}`);
}

const tooStale = (seconds: number | null, limits: ReplicaLimits): boolean =>
  seconds !== null && limits.staleLimitMs !== null && seconds * 1000 > limits.staleLimitMs;
