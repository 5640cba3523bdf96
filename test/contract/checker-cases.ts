// One entry a checker: options, a healthy server for them, and what every misbehaving server is to come out as.
// The suite itself (checkers.test.ts) knows no checker.
import { exec } from "./cases/exec.ts";
import { httpContent } from "./cases/http-content.ts";
import { memcached } from "./cases/memcached.ts";
import { mysqlPrimary, mysqlReplica } from "./cases/mysql.ts";
import { redisMaster, redisReplica } from "./cases/redis.ts";
import { tcp } from "./cases/tcp.ts";
import type { CheckerCase } from "./checker-case.ts";

/** One entry a checker, by its name. */
export const checkerCases: Readonly<Record<string, CheckerCase>> = {
  "http-content": httpContent,
  tcp,
  exec,
  "redis-master": redisMaster,
  "redis-replica": redisReplica,
  memcached,
  "mysql-replica": mysqlReplica,
  "mysql-primary": mysqlPrimary,
};
