import {
  defineSource,
  duration,
  type Membership,
  parseHostPort,
  type Source,
  type Target,
  z,
} from "../../src/index.ts";
import { onAbort, stopped } from "../lib/abort.ts";
import { askReport, joinReports } from "../lib/redis/census.ts";
import { type SentinelGroup, sentinelShape, sentinelsOf } from "../lib/redis/options.ts";
import { type Sentinel, sentinel } from "../lib/redis/sentinel.ts";
import { steadyLookup } from "../lib/tcp/lookup.ts";

const options = z
  .strictObject({
    ...sentinelShape,
    sentinels: sentinelShape.sentinels.unwrap().min(1).describe("all Sentinels of the group, host:port each"),
    master_name: sentinelShape.master_name.unwrap().describe("name under which they watch the master"),
    master: z
      .enum(["member", "backup", "none"])
      .default("member")
      .describe(
        "what the master is in this pool: a member; the backup named `primary`, for `fallback: primary`; or none of it (default: member)",
      ),
    every: duration()
      .default(10_000)
      .describe("how often the Sentinels are asked, besides their events (default: 10s)"),
  })
  .describe("the servers of a group that Sentinels watch");

type Part = z.output<typeof options>["master"];

/** Master and replicas of a group, as the majority of its Sentinels names them. */
export const sentinelSource = defineSource({
  name: "sentinel",
  summary: "master and replicas of a group that Redis Sentinels watch",
  options,
  facts: {},
  create(o, env): Source {
    const group = sentinelsOf(o);
    if (group === null) throw new Error("sentinels and master_name are given together");
    const watched = { group, env, lookup: steadyLookup(env.clock), news: env.hint };
    const peers = group.sentinels.map((at) => sentinel(at, watched));
    return {
      everyMs: o.every,
      list: (signal) => abortable(signal, () => census(peers, group, o.master)),
      async close() {
        for (const peer of peers) peer.close();
      },
    };
  },
});

async function census(peers: readonly Sentinel[], group: SentinelGroup, part: Part): Promise<Membership> {
  const reports = await Promise.all(peers.map((peer) => askReport(peer, group.masterName)));
  const { master, replicas } = joinReports(reports, group.masterName);
  const named = part === "none" ? [] : [[master, part] as const];
  const all = [...named, ...replicas.map((each) => [each, "member"] as const)];
  const entries = all.map(([entry, as]) => ({ entry, target: targetOf(entry, as) }));
  return {
    targets: entries.map(({ target }) => target).filter((target) => target !== null),
    refused: entries.flatMap(({ entry, target }) => (target === null ? [{ entry, why: "is no host:port" }] : [])),
  };
}

function targetOf(entry: string, part: "member" | "backup"): Target | null {
  const at = parseHostPort(entry);
  if (at === null) return null;
  const name = part === "backup" ? "primary" : `${at.host.replace(/[^\w.-]/g, "-")}-${at.port}`;
  return { name, ...at, meta: {}, part };
}

/** Each Sentinel has its own limit; a source that is stopped does not even wait for that. */
function abortable<T>(signal: AbortSignal, run: () => Promise<T>): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const forget = onAbort(signal, () => reject(stopped(signal, "the Sentinels have not answered")));
    run().then(resolve, reject).finally(forget);
  });
}
