import { defineChecker, z } from "../src/index.ts";
import { redisCheck } from "./lib/redis/check.ts";
import { redisFacts } from "./lib/redis/facts.ts";
import { masterFitness } from "./lib/redis/fitness.ts";
import { accessOf, accessShape, sentinelRule, sentinelShape, sentinelsOf } from "./lib/redis/options.ts";

/** Fit is a server that says role:master, answers PING, and takes writes. */
export const redisMaster = defineChecker({
  name: "redis-master",
  summary: "role:master, answers PING (so has loaded its data), takes writes; with Sentinels: whom they name",
  options: z
    .strictObject({ ...accessShape, ...sentinelShape })
    .refine(sentinelRule.check, sentinelRule.message)
    .describe("a Redis master"),
  facts: redisFacts,
  create(options, env) {
    const kind = {
      access: accessOf(options),
      freshEvery: options.fresh_every,
      group: sentinelsOf(options),
      masterOffset: async () => null,
      close: () => {},
    };
    return redisCheck({ ...kind, judge: ({ state, self, agreed }) => masterFitness(state, self, agreed) }, env);
  },
});
