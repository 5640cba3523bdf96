import { defineChecker, duration, type Env, z } from "../src/index.ts";
import { keptCheck } from "./lib/mysql/check.ts";
import { type ClusterRules, clusterFacts, memberQuestion } from "./lib/mysql/cluster.ts";
import type { Question } from "./lib/mysql/kept.ts";
import { accessShape, galeraSwitch, heartbeatSchema, keptShape } from "./lib/mysql/options.ts";
import { primaryQuestion } from "./lib/mysql/primary.ts";
import { replicaQuestion } from "./lib/mysql/replica.ts";

const MAX_LAG_MS = 30_000;

const options = z
  .strictObject({
    ...accessShape,
    max_lag: duration().optional().describe("largest lag of a fit replica, beyond its delay on purpose (default: 30s)"),
    stale_limit: duration()
      .optional()
      .describe("data older than this is not served at all: fail instead of warn (default: no limit)"),
    channel: z.string().optional().describe("the one channel that counts (default: all, the worst decides)"),
    heartbeat: heartbeatSchema().optional().describe("pt-heartbeat's table, read as well (default: not read)"),
    require_read_only: z.boolean().default(false).describe("true: a writable replica fails (default: false)"),
    galera: galeraSwitch()
      .optional()
      .describe("the servers are Galera nodes: true, or what is wanted of them (default: they are none)"),
    group_replication: z
      .enum(["secondary", "any"])
      .optional()
      .describe(
        "the servers are members of a replication group: secondaries only, or any member (default: they are none)",
      ),
    ...keptShape,
  })
  .refine(
    (o) => o.galera === undefined || o.group_replication === undefined,
    "galera and group_replication exclude each other",
  )
  .refine(
    (o) => (o.galera === undefined && o.group_replication === undefined) || !asksReplication(o),
    "galera and group_replication have no channels: leave out max_lag, stale_limit, channel, heartbeat, require_read_only",
  );

interface ReplicationOptions {
  readonly max_lag?: number | undefined;
  readonly stale_limit?: number | undefined;
  readonly channel?: string | undefined;
  readonly heartbeat?: unknown;
  readonly require_read_only: boolean;
}

const asksReplication = (o: ReplicationOptions): boolean =>
  o.require_read_only || [o.max_lag, o.stale_limit, o.channel, o.heartbeat].some((each) => each !== undefined);

type Options = z.output<typeof options>;

function clusterOf({ galera, group_replication }: Options): ClusterRules | null {
  if (galera !== undefined) return { kind: "galera", options: galera };
  if (group_replication === undefined) return null;
  return { kind: "group", role: group_replication === "any" ? null : "SECONDARY" };
}

/** The primary that serves when no replica does is judged as what it is. */
function primaryOf(cluster: ClusterRules | null): Question {
  const rules: ClusterRules | null = cluster?.kind === "group" ? { kind: "group", role: "PRIMARY" } : cluster;
  return primaryQuestion({ replicating: "refuse", cluster: rules });
}

function memberOf(o: Options, cluster: ClusterRules | null, env: Env): Question {
  if (cluster !== null) return memberQuestion(cluster);
  const rules = {
    maxLagMs: o.max_lag ?? MAX_LAG_MS,
    staleLimitMs: o.stale_limit ?? null,
    heartbeatIntervalMs: o.heartbeat?.interval ?? 0,
    channel: o.channel ?? null,
    requireReadOnly: o.require_read_only,
    heartbeat: o.heartbeat ?? null,
  };
  return replicaQuestion(rules, env.clock);
}

/** Whether a MySQL or MariaDB replica serves data that is new enough. */
export const mysqlReplica = defineChecker({
  name: "mysql-replica",
  summary: "MySQL 5.7 to 9, MariaDB 10.5 to 11: replication state, lag, pt-heartbeat, Galera, group replication",
  options,
  facts: {
    role: "replica, none (replicates from nowhere), member (of a cluster), primary (the pool's backup target)",
    lagSeconds: "lag in seconds beyond the delay on purpose, the worst of the channels; null when it is not known",
    staleSeconds: "how old the data is at least, in seconds: the lag while it is known, then that plus the time since",
    heartbeatLagSeconds: "age of the heartbeat row in seconds, without the delay on purpose; null when it is not read",
    delaySeconds: "delay on purpose (MASTER_DELAY, SOURCE_DELAY) in seconds",
    ioRunning: "whether the thread that fetches runs; false also while it connects",
    sqlRunning: "whether the thread that applies runs",
    badness:
      "who is worse among those that warn: the lag in seconds; 1000000 and more: io stopped; 2000000 and more: sql stopped; 3000000: full",
    readOnly: "read_only, as of the last new connection (of the last question with require_read_only)",
    primary: "host:port it replicates from",
    channel: "the channel that decided; empty for the default one",
    transactions: "transactions executed by the backup target; null without GTID",
    version: "version of the server",
    ...clusterFacts,
  },
  create(o, env) {
    const cluster = clusterOf(o);
    return keptCheck(o, env, ({ part }) => (part === "backup" ? primaryOf(cluster) : memberOf(o, cluster, env)));
  },
});
