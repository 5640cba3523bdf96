import type { Facts, Ms } from "../../../src/index.ts";
import type { Known } from "./check.ts";

/** The facts of every Redis check, with their meaning. */
export const redisFacts = {
  role: "master or slave, as the server says",
  linkUp: "whether the link to its master is up; null for a master",
  syncing: "whether a full copy from its master is running",
  lastIoSeconds: "seconds since it last heard of its master; null when the link is down",
  linkDownSeconds: "seconds since the link to its master is down; null while it is up",
  lagBytes: "bytes of replication it is behind its master; null when not known",
  offset: "its replication offset in bytes",
  readOnly: "whether a replica refuses writes; null for a master",
  connectedReplicas: "replicas that are connected to it",
  goodReplicas: "replicas that count for min-replicas-to-write; null where that is not set",
  master: "host:port it replicates from; null for a master",
  clusterState: "cluster_state; null where cluster is off",
  named: "host:port that most Sentinels name; null without Sentinels",
  sentinelVotes: "Sentinels that name it; null without Sentinels",
  sentinels: "Sentinels that are configured; null without Sentinels",
  agreedSecondsAgo: "seconds since a majority of the Sentinels last agreed; null when they never did",
  badness: "how unfit a replica is that serves but is stale, higher is worse; 0 when fit",
} as const satisfies Readonly<Record<string, string>>;

/** The facts of one answer. */
export function factsOf({ state, agreed, lagBytes }: Known, agreedAgoMs: Ms | null): Facts {
  const replica = state.role === "slave";
  return {
    role: state.role,
    linkUp: replica ? state.linkUp : null,
    syncing: state.syncing,
    lastIoSeconds: state.lastIoSeconds,
    linkDownSeconds: state.linkDownSeconds,
    lagBytes,
    offset: state.offset,
    readOnly: state.readOnly,
    connectedReplicas: state.connectedReplicas,
    goodReplicas: state.goodReplicas,
    master: state.follows,
    clusterState: state.cluster?.state ?? null,
    named: agreed === null || agreed.says === "" ? null : agreed.says,
    sentinelVotes: agreed?.votes ?? null,
    sentinels: agreed?.of ?? null,
    agreedSecondsAgo: agreedAgoMs === null ? null : Math.round(agreedAgoMs / 100) / 10,
  };
}
