import { readFileSync } from "node:fs";
import { mysqlReplica } from "../../../checks/mysql-replica.ts";
import { mysql } from "../../../checks/sources/mysql.ts";
import { registry } from "../../../checks/sources/registry.ts";
import { type DbconfOptions, importDbconf } from "../../config/import/dbconf.ts";
import { readDbconf } from "../../config/import/dbconf-file.ts";
import type { Variables } from "../../config/loading.ts";
import { formatProblem } from "../../config/problem.ts";
import { EXIT, Exit } from "../exit.ts";
import { type ClassicOptions, checkTags } from "./options.ts";
import { kindsOf } from "./plugins.ts";
import { REGISTRY, runClassic } from "./run.ts";

/** What checkmysqlslave is told beside what all three programs are. */
export interface SlaveFlags {
  readonly conf?: string | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly all?: boolean | undefined;
  readonly maxLag?: number | undefined;
  readonly discover?: DbconfOptions["discover"];
}

const PREFIX = "haproxy/mysqlslave";

/** Keeps a healthy slave in Consul for every tag; gives the exit code. */
export async function runMysqlSlave(flags: SlaveFlags, options: ClassicOptions, env: Variables): Promise<number> {
  const { conf, maxLag, discover } = flags;
  if (conf === undefined) throw new Exit(EXIT.usage, "--conf is missing: the db.conf with the primary of every tag");
  const result = importDbconf(conf, {
    tags: tagsOf(flags),
    every: `${options.everyMs}ms`,
    ...(maxLag === undefined ? {} : { maxLag: `${maxLag}ms` }),
    ...(discover === undefined ? {} : { discover }),
  });
  if ("problems" in result) throw new Exit(EXIT.usage, result.problems.map(formatProblem).join("\n"));
  const { config } = result.imported;
  const { sections } = readDbconf(readFileSync(conf, "utf8"), conf);
  const chosen = flags.all === true ? [...sections.keys()] : checkTags(flags.tag ?? []);
  const tags = chosen.flatMap((tag) => {
    const section = sections.get(tag);
    if (section === undefined) return [];
    const { host, port, user } = section;
    return [{ tag, key: `${PREFIX}/${tag}`, first: { host, port }, user }];
  });
  return runClassic(
    {
      config: { ...config, registries: { [REGISTRY]: options.consul } },
      file: conf,
      plugins: kindsOf([mysqlReplica], [mysql, registry]),
      tags,
      words: { up: "is healthy again", down: "is abnormal", firstDown: "said" },
      lister: mysql.name,
      options,
    },
    env,
  );
}

function tagsOf({ tag, all }: SlaveFlags): DbconfOptions["tags"] {
  if (all === true) return "all";
  if (tag === undefined) throw new Exit(EXIT.usage, "--tag is missing: a section of db.conf, or --all");
  return checkTags(tag);
}
