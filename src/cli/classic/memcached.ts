import { memcached } from "../../../checks/memcached.ts";
import { registry } from "../../../checks/sources/registry.ts";
import type { Variables } from "../../config/loading.ts";
import { type ClassicOptions, onlyTag } from "./options.ts";
import { kindsOf } from "./plugins.ts";
import { REGISTRY, runClassic } from "./run.ts";
import { firstOf, serversOf, targetsOf } from "./servers.ts";

/** What checkmemcached is told beside what all three programs are. */
export interface MemcachedFlags {
  readonly server?: readonly string[] | undefined;
  readonly tag?: readonly string[] | undefined;
}

/** Keeps a healthy server in Consul; gives the exit code. */
export async function runMemcached(flags: MemcachedFlags, options: ClassicOptions, env: Variables): Promise<number> {
  const servers = serversOf("--server", flags.server, 11211);
  const tag = onlyTag(flags.tag);
  const key = `haproxy/memcached/${tag}`;
  const pool = {
    check: { type: memcached.name, every: `${options.everyMs}ms` },
    targets: targetsOf(servers),
    // The server that the key names is asked too: whoever wrote it, it stays while it is healthy.
    source: { type: registry.name, registry: REGISTRY, path: key },
    publish: { registry: REGISTRY, layout: "current", key, proxyport: "+5000" },
  };
  return runClassic(
    {
      config: { registries: { [REGISTRY]: options.consul }, pools: { [tag]: pool } },
      file: "checkmemcached",
      plugins: kindsOf([memcached], [registry]),
      tags: [{ tag, key, first: firstOf(servers), user: null }],
      words: { up: "is healthy again", down: "is abnormal", firstDown: "said" },
      lister: null,
      options,
    },
    env,
  );
}
