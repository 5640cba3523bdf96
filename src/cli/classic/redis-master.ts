import { redisMaster } from "../../../checks/redis-master.ts";
import type { Variables } from "../../config/loading.ts";
import { EXIT, Exit } from "../exit.ts";
import { type ClassicOptions, onlyTag } from "./options.ts";
import { kindsOf } from "./plugins.ts";
import { REGISTRY, runClassic } from "./run.ts";
import { firstOf, serversOf, targetsOf } from "./servers.ts";

/** What checkredismaster is told beside what all three programs are. */
export interface RedisFlags {
  readonly server?: readonly string[] | undefined;
  readonly sentinel?: readonly string[] | undefined;
  readonly masterName?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly tag?: readonly string[] | undefined;
}

/** Keeps the master in Consul; gives the exit code. */
export async function runRedisMaster(flags: RedisFlags, options: ClassicOptions, env: Variables): Promise<number> {
  const servers = serversOf("--server", flags.server, 6379);
  const tag = onlyTag(flags.tag);
  const key = `haproxy/redismaster/${tag}`;
  const { passwordFile } = flags;
  const pool = {
    role: "writer",
    check: {
      type: redisMaster.name,
      every: `${options.everyMs}ms`,
      ...sentinelsOf(flags),
      ...(passwordFile === undefined ? {} : { password: `\${file:${passwordFile}}` }),
    },
    targets: targetsOf(servers),
    // One value replaces the other in one step: there is no HAProxy to wait for that could have both up.
    handover: "0",
    publish: { registry: REGISTRY, layout: "current", key, proxyport: "+10000" },
  };
  return runClassic(
    {
      config: { registries: { [REGISTRY]: options.consul }, pools: { [tag]: pool } },
      file: "checkredismaster",
      plugins: kindsOf([redisMaster], []),
      tags: [{ tag, key, first: firstOf(servers), user: null }],
      words: { up: "is the master", down: "is not the master", firstDown: "silent" },
      lister: null,
      options,
    },
    env,
  );
}

function sentinelsOf({ sentinel, masterName }: RedisFlags): object {
  if (sentinel === undefined && masterName === undefined) return {};
  if (masterName === undefined)
    throw new Exit(EXIT.usage, "--master-name is missing: the name that the Sentinels know");
  const addresses = serversOf("--sentinel", sentinel, 26379);
  return { sentinels: Object.values(targetsOf(addresses)), master_name: masterName };
}
