import { defineChecker, duration, size, z } from "../src/index.ts";
import { type Known, redisCheck } from "./lib/redis/check.ts";
import { redisFacts } from "./lib/redis/facts.ts";
import { masterFitness, replicaFitness } from "./lib/redis/fitness.ts";
import { masterOffsets } from "./lib/redis/offsets.ts";
import { accessOf, accessShape, sentinelRule, sentinelShape, sentinelsOf } from "./lib/redis/options.ts";
import { steadyLookup } from "./lib/tcp/lookup.ts";

const options = z
  .strictObject({
    ...accessShape,
    max_io_age: duration()
      .default(15_000)
      .describe(
        "warn when nothing was heard of the master for longer though the link is up, as when it hangs; above repl-ping-replica-period (default: 15s)",
      ),
    max_lag_bytes: size().optional().describe("warn when it is further behind its master; a size (default: no limit)"),
    stale_limit: duration()
      .optional()
      .describe("fail when the link is down, or silent, for longer (default: stale data are served for ever)"),
    ask_master: z
      .boolean()
      .default(true)
      .describe("ask the master too, with the same login, for the lag in bytes (default: true)"),
    ...sentinelShape,
  })
  .refine(sentinelRule.check, sentinelRule.message)
  .refine((o) => o.ask_master || o.max_lag_bytes === undefined, "max_lag_bytes needs ask_master")
  .describe("a Redis replica");

/** Fit is a replica with its link up that answers PING and is not too far behind. */
export const redisReplica = defineChecker({
  name: "redis-replica",
  summary: "role:slave, link to its master up and alive, answers PING, lag in bytes within a limit",
  options,
  facts: redisFacts,
  create(o, env) {
    const access = accessOf(o);
    const offsets = o.ask_master ? masterOffsets(access, env, steadyLookup(env.clock)) : null;
    const limits = {
      maxIoAgeMs: o.max_io_age,
      maxLagBytes: o.max_lag_bytes ?? null,
      staleLimitMs: o.stale_limit ?? null,
    };
    // The backup of `fallback: primary` takes reads and writes: it is judged as what it is.
    const judge = ({ target, state, self, agreed, lagBytes }: Known) =>
      target.part === "backup" ? masterFitness(state, self, agreed) : replicaFitness(state, lagBytes, limits);
    const masterOffset = async (master: string) => (await offsets?.of(master)) ?? null;
    const close = (): void => offsets?.close();
    const group = sentinelsOf(o);
    return redisCheck({ access, freshEvery: o.fresh_every, group, masterOffset, judge, close }, env);
  },
});
