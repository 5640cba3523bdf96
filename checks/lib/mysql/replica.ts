import type { Clock, Facts, Observation } from "../../../src/index.ts";
import { oneLine } from "../reason.ts";
import { type Dialect, selectGrant, statusGrant, statusStatements } from "./dialect.ts";
import { fitness, type LagMemory, type Limits, lagOf, type Seen, staleness, worst } from "./fitness.ts";
import { heartbeatStatements, readHeartbeat } from "./heartbeat.ts";
import { readerClaim, writerClaim } from "./history.ts";
import type { Question } from "./kept.ts";
import type { Known } from "./known.ts";
import type { HeartbeatOptions } from "./options.ts";
import { type ChannelStatus, isOn, readChannels } from "./status.ts";

/** What is wanted of a replica. */
export interface ReplicaRules extends Limits {
  /** The one channel that counts; null: all. */
  readonly channel: string | null;
  readonly requireReadOnly: boolean;
  readonly heartbeat: HeartbeatOptions | null;
}

/** The channels of a server, by the statement of its version. */
export async function askChannels({ session, dialect, ask }: Known): Promise<readonly ChannelStatus[]> {
  return readChannels(await ask("status", statusStatements(dialect), statusGrant(dialect, session.user)));
}

/** Asks one target whether it is a replica that is fit; keeps when its lag was last known. */
export function replicaQuestion(rules: ReplicaRules, clock: Clock): Question {
  let memory: LagMemory | null = null;
  return async (known) => {
    const channels = await askChannels(known);
    const wanted = rules.channel === null ? channels : channels.filter(({ channel }) => channel === rules.channel);
    const readOnly = rules.requireReadOnly ? await askReadOnly(known) : known.readOnly;
    const status = worst(wanted, rules);
    if (status === null) return noReplica(channels, rules, readOnly, known.dialect);
    const heartbeatLagSeconds = rules.heartbeat === null ? null : await askHeartbeat(known, rules.heartbeat, status);
    const aged = staleness(memory, heartbeatLagSeconds ?? lagOf(status), clock.now());
    memory = aged.memory;
    const seen = { status, heartbeatLagSeconds, staleSeconds: aged.staleSeconds };
    const fit = fitness(seen, rules);
    const writable = rules.requireReadOnly && !readOnly;
    return {
      outcome: writable ? "fail" : fit.outcome,
      reason: oneLine(writable ? "writable, expected read_only" : readOnly ? fit.reason : `${fit.reason}, writable`),
      facts: { ...factsOf(seen), badness: fit.badness, readOnly, version: known.dialect.text },
      weight: null,
      claim: readerClaim(status.primary),
    };
  };
}

const factsOf = ({ status, heartbeatLagSeconds, staleSeconds }: Seen): Facts => ({
  role: "replica",
  lagSeconds: lagOf(status),
  staleSeconds,
  heartbeatLagSeconds,
  delaySeconds: status.delaySeconds,
  ioRunning: status.io === "Yes",
  sqlRunning: status.sql === "Yes",
  primary: status.primary,
  channel: status.channel,
});

async function askReadOnly({ session }: Known): Promise<boolean> {
  const [row] = await session.rows("SELECT @@global.read_only AS read_only");
  return isOn(row?.read_only);
}

async function askHeartbeat(known: Known, options: HeartbeatOptions, status: ChannelStatus): Promise<number> {
  const serverId = options.server_id ?? status.primaryServerId;
  const needs = selectGrant(options.table, known.session.user);
  const rows = await known.ask("heartbeat", heartbeatStatements(options, serverId), needs);
  return readHeartbeat(rows, options, serverId, status.delaySeconds);
}

function noReplica(
  channels: readonly ChannelStatus[],
  { channel }: ReplicaRules,
  readOnly: boolean,
  dialect: Dialect,
): Observation {
  const [other] = channels;
  const facts: Facts = { role: other === undefined ? "none" : "replica", readOnly, version: dialect.text };
  const reason =
    other === undefined || channel === null
      ? `no replica: ${readOnly ? "read-only" : "writable"}, replicates from nowhere`
      : `no channel ${channel}: has ${channels.map((each) => each.channel || "the default one").join(", ")}`;
  const follows = other?.primary ?? null;
  const claims = other === undefined && !readOnly;
  const nothing = { readOnly, transactions: null, lineage: [] };
  return {
    outcome: "fail",
    reason: oneLine(reason),
    facts,
    weight: null,
    claim: claims ? writerClaim(nothing) : readerClaim(follows),
  };
}
