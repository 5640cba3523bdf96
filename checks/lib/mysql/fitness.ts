// Decides whether a replica is fit. Role and replication state come before lag; an unknown lag is never 0.
import { formatDuration, type Ms, type Observation } from "../../../src/index.ts";
import type { ChannelStatus } from "./status.ts";

/** 0 fit, 1 lag beyond the limit, 2 io stopped (or lag unknown), 3 sql stopped. */
export type Rank = 0 | 1 | 2 | 3;

/** The limits of a replica. */
export interface Limits {
  readonly maxLagMs: Ms;
  /** Older data is no longer served at all; null: staleness alone never fails. */
  readonly staleLimitMs: Ms | null;
  /** That much of a heartbeat's age is no lag. */
  readonly heartbeatIntervalMs: Ms;
}

/** What was seen of one replica. */
export interface Seen {
  /** The channel that decides. */
  readonly status: ChannelStatus;
  readonly heartbeatLagSeconds: number | null;
  readonly staleSeconds: number;
}

/** The answer; `badness` says who is better among those that warn, as the pool's floor reads it. */
export interface Fitness {
  readonly outcome: Observation["outcome"];
  readonly reason: string;
  readonly badness: number;
}

/** Badness of a server that takes no more clients: the data may be new, but nobody gets at them. */
export const SATURATED_BADNESS = 3_000_000;

/** The lag in seconds while it is known; an unknown one is worse than every lag, and sql stopped than io stopped. */
function badnessOf(rank: Rank, { status, heartbeatLagSeconds, staleSeconds }: Seen): number {
  switch (rank) {
    case 0:
      return 0;
    case 1:
      return Math.max(lagOf(status) ?? 0, heartbeatLagSeconds ?? 0);
    case 2:
      return 1_000_000 + staleSeconds;
    case 3:
      return 2_000_000 + staleSeconds;
  }
}

/** Lag beyond what is wanted (MASTER_DELAY, SOURCE_DELAY); null when the server does not know it. */
export const lagOf = ({ lagSeconds, delaySeconds }: ChannelStatus): number | null =>
  lagSeconds === null ? null : Math.max(0, lagSeconds - delaySeconds);

/** How far a channel is from fit. */
export function rankOf(status: ChannelStatus, limits: Limits): Rank {
  if (status.sql !== "Yes") return 3;
  if (status.io !== "Yes") return 2;
  const lag = lagOf(status);
  if (lag === null) return 2;
  return lag * 1000 > limits.maxLagMs ? 1 : 0;
}

/** The channel that decides: the one furthest from fit, the first of equals. */
export function worst(channels: readonly ChannelStatus[], limits: Limits): ChannelStatus | null {
  const distance = (status: ChannelStatus): number => rankOf(status, limits) * 1e9 + (lagOf(status) ?? 0);
  return channels.reduce<ChannelStatus | null>(
    (far, each) => (far === null || distance(each) > distance(far) ? each : far),
    null,
  );
}

/** The last lag that was known, and when. */
export interface LagMemory {
  readonly lagSeconds: number;
  readonly at: Ms;
}

/** How old the data is at least: the lag while it is known, then what it was plus the time since. */
export function staleness(
  was: LagMemory | null,
  lagSeconds: number | null,
  now: Ms,
): { readonly memory: LagMemory; readonly staleSeconds: number } {
  const memory = lagSeconds === null ? (was ?? { lagSeconds: 0, at: now }) : { lagSeconds, at: now };
  return { memory, staleSeconds: Math.round(memory.lagSeconds + (now - memory.at) / 1000) };
}

const seconds = (value: number): string => formatDuration(Math.round(value * 1000));

/** Judges a replica. */
export function fitness(seen: Seen, limits: Limits): Fitness {
  const late = heartbeatIsLate(seen, limits);
  const ranked = rankOf(seen.status, limits);
  const rank = ranked === 0 && late ? 1 : ranked;
  const badness = badnessOf(rank, seen);
  const channel = seen.status.channel === "" ? "" : `channel ${seen.status.channel}: `;
  if (rank === 0) return { outcome: "pass", reason: channel + fitWords(seen), badness };
  const reason = channel + softWords(seen, rank, limits);
  const { staleLimitMs } = limits;
  if (staleLimitMs !== null && seen.staleSeconds * 1000 > staleLimitMs) {
    const limit = formatDuration(staleLimitMs);
    return { outcome: "fail", reason: `stale for ${seconds(seen.staleSeconds)}, limit ${limit}: ${reason}`, badness };
  }
  return { outcome: "warn", reason, badness };
}

const heartbeatIsLate = ({ heartbeatLagSeconds }: Seen, { maxLagMs, heartbeatIntervalMs }: Limits): boolean =>
  heartbeatLagSeconds !== null && heartbeatLagSeconds * 1000 > maxLagMs + heartbeatIntervalMs;

function fitWords({ status, heartbeatLagSeconds }: Seen): string {
  const lag = `lag ${lagOf(status) ?? 0}s`;
  const delay = status.delaySeconds > 0 ? `, delayed ${status.delaySeconds}s on purpose` : "";
  return heartbeatLagSeconds === null ? lag + delay : `${lag}, heartbeat ${seconds(heartbeatLagSeconds)}${delay}`;
}

function softWords(seen: Seen, rank: Rank, limits: Limits): string {
  const { status, heartbeatLagSeconds } = seen;
  const limit = `max_lag ${formatDuration(limits.maxLagMs)}`;
  if (rank === 3) return `replication sql stopped: ${status.sqlError ?? "no error"}`;
  if (rank === 1) {
    const lag = lagOf(status) ?? 0;
    if (lag * 1000 > limits.maxLagMs) return `lag ${seconds(lag)}, ${limit}`;
    return `heartbeat ${seconds(heartbeatLagSeconds ?? 0)} old, ${limit}`;
  }
  if (status.io === "Yes") return "replication lag is not known";
  const how = status.io === "No" ? "stopped" : status.io.toLowerCase();
  return `replication io ${how}: ${status.ioError ?? "no error"}`;
}
