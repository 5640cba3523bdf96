// All checkers there are: a new one is a file and a line here.
import type { Checker } from "../src/index.ts";
import { exec } from "./exec.ts";
import { httpContent } from "./http-content.ts";
import { memcached } from "./memcached.ts";
import { mysqlPrimary } from "./mysql-primary.ts";
import { mysqlReplica } from "./mysql-replica.ts";
import { redisMaster } from "./redis-master.ts";
import { redisReplica } from "./redis-replica.ts";
import { tcp } from "./tcp.ts";

const all: readonly Checker[] = [
  httpContent,
  tcp,
  exec,
  mysqlReplica,
  mysqlPrimary,
  redisMaster,
  redisReplica,
  memcached,
];

/** Every kind of check by its name. */
export const checkers: ReadonlyMap<string, Checker> = new Map(all.map((checker) => [checker.name, checker]));
