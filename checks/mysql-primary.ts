import { defineChecker, z } from "../src/index.ts";
import { keptCheck } from "./lib/mysql/check.ts";
import { type ClusterRules, clusterFacts } from "./lib/mysql/cluster.ts";
import { accessShape, galeraSwitch, keptShape } from "./lib/mysql/options.ts";
import { primaryQuestion } from "./lib/mysql/primary.ts";

const options = z
  .strictObject({
    ...accessShape,
    replicating: z
      .enum(["refuse", "allow"])
      .default("refuse")
      .describe("allow: it may replicate from elsewhere itself, and that is not asked (default: refuse)"),
    galera: galeraSwitch()
      .optional()
      .describe("the servers are Galera nodes: true, or what is wanted of them (default: they are none)"),
    group_replication: z
      .literal(true)
      .optional()
      .describe("true: the server must be the PRIMARY of its replication group (default: it is in none)"),
    ...keptShape,
  })
  .refine(
    (o) => o.galera === undefined || o.group_replication === undefined,
    "galera and group_replication exclude each other",
  );

function clusterOf({ galera, group_replication }: z.output<typeof options>): ClusterRules | null {
  if (galera !== undefined) return { kind: "galera", options: galera };
  return group_replication === true ? { kind: "group", role: "PRIMARY" } : null;
}

/** Whether a MySQL or MariaDB server takes writes. */
export const mysqlPrimary = defineChecker({
  name: "mysql-primary",
  summary: "MySQL 5.7 to 9, MariaDB 10.5 to 11: writable, replicates from nowhere; optionally its role in a cluster",
  options,
  facts: {
    role: "primary, or replica when it replicates from elsewhere",
    readOnly: "read_only",
    transactions: "transactions executed; null without GTID",
    primary: "host:port it replicates from; null when it does not",
    version: "version of the server",
    badness: "3000000 while it is full",
    ...clusterFacts,
  },
  create(o, env) {
    const question = primaryQuestion({ replicating: o.replicating, cluster: clusterOf(o) });
    return keptCheck(o, env, () => question);
  },
});
