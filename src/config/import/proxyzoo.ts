// proxyzoo's web.config.json -> a checkd.yaml that does the daemon's whole job, and the haproxy.cfg it starts HAProxy with.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { describeError } from "../../errors.ts";
import type { Problem } from "../settings.ts";
import { type ProxyzooInstance, proxyzooFile } from "./proxyzoo-file.ts";
import { poolOf, zkPathOf } from "./proxyzoo-pool.ts";
import { fillTemplate, PLAIN_TEMPLATE, templateWords } from "./proxyzoo-template.ts";
import { type Comment, type Imported, yamlText } from "./yaml-text.ts";

/** Files beside checkd.yaml that the import makes: a confd directory that renders each haproxy.cfg. */
export interface ProxyzooImport extends Imported {
  readonly files: ReadonlyMap<string, string>;
}

/** An import, or everything that is in its way. */
export type ProxyzooResult = { readonly imported: ProxyzooImport } | { readonly problems: readonly Problem[] };

type Paths = (text: string) => string;
type Found = readonly (readonly [string, ProxyzooInstance])[];

const CONFDIR = "confd";
const QUERY_PORT = 21_000;

/** Reads web.config.json. `env` gives HOME; the template it names is read too, our own stands in when it cannot be. */
export function importProxyzoo(path: string, env: NodeJS.ProcessEnv = process.env): ProxyzooResult {
  const home = env.HOME ?? homedir();
  const paths: Paths = (text) => text.replaceAll("${HOME}", home);
  const read = readFile(path);
  if ("problems" in read) return read;
  const { found } = read;
  const comments: Comment[] = [
    {
      path: ["admin", "listen"],
      text: `The query interface: curl http://127.0.0.1:${QUERY_PORT}/ (its port stood in the daemon's own script).`,
    },
  ];
  const config = {
    admin: { listen: `127.0.0.1:${QUERY_PORT}` },
    state_dir: join(home, "logs", "checkd"),
    registries: Object.fromEntries(
      found.map(([name, instance]) => [registryOf(name), { driver: "zookeeper", address: addressOf(instance) }]),
    ),
    pools: Object.fromEntries(poolsOf(found, comments, paths)),
    render: [{ confdir: CONFDIR, registry: registryOf(found[0]?.[0] ?? "") }],
    haproxy: found.map(([, instance]) => haproxyOf(instance, paths)),
  };
  const heading = [
    `From ${path}, for checkd run --conf. Instances come from ZooKeeper, are probed, and go in and out over HAProxy's sockets.`,
    `haproxy.cfg is rendered once from ${CONFDIR}/, which checkd import proxyzoo --out DIR writes beside this file.`,
  ];
  const files = new Map(found.flatMap(([name, instance]) => filesOf(name, instance, paths)));
  return { imported: { config, yaml: yamlText(config, heading, comments), files } };
}

const problemAt = (file: string, path: string, problem: string, hint: string | null): Problem => ({
  file,
  line: 0,
  column: 0,
  path,
  problem,
  hint,
});

function readFile(path: string): { readonly found: Found } | { readonly problems: readonly Problem[] } {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    return { problems: [problemAt(path, "", `cannot be read: ${describeError(error)}`, null)] };
  }
  const parsed = proxyzooFile.safeParse(value);
  if (!parsed.success)
    return { problems: parsed.error.issues.map((issue) => problemAt(path, issue.path.join("."), issue.message, null)) };
  const found = Object.entries(parsed.data);
  const problems = missing(path, found);
  return problems.length > 0 ? { problems } : { found };
}

/** What no default can stand in for. */
function missing(file: string, found: Found): readonly Problem[] {
  if (found.length === 0)
    return [problemAt(file, "", "has no instance", 'write {"ngboss": {"zk.addr": ..., "groups": {...}}}')];
  return found.flatMap(([name, instance]) =>
    Object.entries(instance.groups)
      .filter(([backend, group]) => zkPathOf({ instance, backend, group }) === "")
      .map(([backend]) =>
        problemAt(
          file,
          `${name}.groups.${backend}`,
          "has no zk.path, nor has its instance",
          `${name}: {"zk.path": ...}`,
        ),
      ),
  );
}

const registryOf = (instance: string): string => `zk-${instance}`;
const addressOf = (instance: ProxyzooInstance): string => instance["zk.addr"].replace(/\s+/g, "");

function poolsOf(found: Found, comments: Comment[], paths: Paths): ReadonlyMap<string, object> {
  const pools = new Map<string, object>();
  for (const [instanceName, instance] of found) {
    for (const [backend, group] of Object.entries(instance.groups)) {
      // Two instances may have a backend of one name, a pool's name is unique; the query interface shows this one as of old.
      const pool = pools.has(backend) ? `${instanceName}.${backend}` : backend;
      const comment = (text: string): void => void comments.push({ path: ["pools", pool], text });
      pools.set(pool, poolOf({ instance, instanceName, registry: registryOf(instanceName), backend, group, paths }));
      if (pool !== backend)
        comment(
          `Backend ${backend} of ${instanceName}: the name was taken. /${instanceName}/${backend} answers for it.`,
        );
      if (instance.socket_files.length > 1)
        comment(`One process answers on all ${instance.socket_files.length} sockets: the first is enough.`);
      if (group.acls.length === 0 && !group.default_backend)
        comment("No acl and no default_backend leads here: only a rule of the template's own can.");
    }
  }
  return pools;
}

function filesOf(name: string, instance: ProxyzooInstance, paths: Paths): readonly (readonly [string, string])[] {
  const config = fillTemplate(templateOf(instance, paths), templateWords(instance, paths));
  const resource = [
    "[template]",
    `src = "${name}.cfg.tmpl"`,
    `dest = ${JSON.stringify(paths(instance.conf_file))}`,
    "keys = []",
    `check_cmd = ${JSON.stringify(`${paths(instance.exec)} -c -q -f {{.src}}`)}`,
    "",
  ].join("\n");
  return [
    // What is text to HAProxy must be text to the template engine too.
    [join(CONFDIR, "templates", `${name}.cfg.tmpl`), config.replaceAll("{{", '{{"{{"}}')],
    [join(CONFDIR, "conf.d", `${name}.toml`), resource],
  ];
}

function templateOf(instance: ProxyzooInstance, paths: Paths): string {
  if (instance.template === undefined) return PLAIN_TEMPLATE;
  const file = paths(instance.template);
  try {
    return readFileSync(file, "utf8");
  } catch {
    return `# The template ${file} could not be read: this one stands in for it.\n${PLAIN_TEMPLATE}`;
  }
}

function haproxyOf(instance: ProxyzooInstance, paths: Paths): object {
  const conf = paths(instance.conf_file);
  return {
    exec: paths(instance.exec),
    conf_file: conf,
    pid_file: paths(instance.pid_file ?? join(dirname(conf), "haproxy.pid")),
    mode: "daemon",
  };
}
