// proxyzoo's web.config.json -> a checkd.yaml that does the daemon's whole job, and the haproxy.cfg it starts HAProxy with.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { describeError } from "../../errors.ts";
import type { Problem } from "../settings.ts";
import { type ProxyzooGroup, type ProxyzooInstance, proxyzooFile } from "./proxyzoo-file.ts";
import { fillTemplate, PLAIN_TEMPLATE, serverTemplate, templateWords } from "./proxyzoo-template.ts";
import { type Comment, type Imported, yamlText } from "./yaml-text.ts";

/** Files beside checkd.yaml that the import makes: a confd directory that renders each haproxy.cfg. */
export interface ProxyzooImport extends Imported {
  readonly files: ReadonlyMap<string, string>;
}

/** An import, or everything that is in its way. */
export type ProxyzooResult = { readonly imported: ProxyzooImport } | { readonly problems: readonly Problem[] };

const CONFDIR = "confd";
const QUERY_PORT = 21_000;

/** Reads web.config.json. `env` gives HOME; the template it names is read too, our own stands in when it cannot be. */
export function importProxyzoo(path: string, env: NodeJS.ProcessEnv = process.env): ProxyzooResult {
  const home = env.HOME ?? homedir();
  const paths = (text: string): string => text.replaceAll("${HOME}", home);
  const read = readFile(path);
  if ("problems" in read) return read;
  const found = Object.entries(read.instances);
  if (found.length === 0)
    return {
      problems: [problemAt(path, "", "has no instance", 'write {"ngboss": {"zk.addr": ..., "groups": {...}}}')],
    };
  const comments: Comment[] = [];
  const files = new Map<string, string>();
  const pools: Record<string, object> = {};
  for (const [name, instance] of found) {
    addPools(pools, comments, name, instance, paths);
    addFiles(files, name, instance, paths);
  }
  const config = {
    admin: { listen: `127.0.0.1:${QUERY_PORT}` },
    state_dir: join(home, "logs", "checkd"),
    registries: Object.fromEntries(
      found.map(([name, instance]) => [registryOf(name), { driver: "zookeeper", address: instance["zk.addr"] }]),
    ),
    pools,
    render: [{ confdir: CONFDIR, registry: registryOf(found[0]?.[0] ?? "") }],
    haproxy: found.map(([, instance]) => haproxyOf(instance, paths)),
  };
  comments.push({
    path: ["admin", "listen"],
    text: `The query interface: curl http://127.0.0.1:${QUERY_PORT}/ (its port stood in the daemon's own script).`,
  });
  const heading = [
    `From ${path}, for checkd run --conf. Instances come from ZooKeeper, are probed, and go in and out over HAProxy's sockets.`,
    `haproxy.cfg is rendered once from ${CONFDIR}/, which checkd import proxyzoo --out DIR writes beside this file.`,
  ];
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

function readFile(
  path: string,
): { readonly instances: Readonly<Record<string, ProxyzooInstance>> } | { readonly problems: readonly Problem[] } {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
  } catch (error) {
    return { problems: [problemAt(path, "", `cannot be read: ${describeError(error)}`, null)] };
  }
  const parsed = proxyzooFile.safeParse(value);
  if (parsed.success) return { instances: parsed.data };
  return { problems: parsed.error.issues.map((issue) => problemAt(path, issue.path.join("."), issue.message, null)) };
}

const registryOf = (instance: string): string => `zk-${instance}`;

function addPools(
  pools: Record<string, object>,
  comments: Comment[],
  name: string,
  instance: ProxyzooInstance,
  paths: (text: string) => string,
): void {
  for (const [backend, group] of Object.entries(instance.groups)) {
    // Two instances may have a backend of one name; a pool's name is unique.
    const pool = backend in pools ? `${name}-${backend}` : backend;
    pools[pool] = poolOf(name, backend, instance, group, paths);
    if (pool !== backend)
      comments.push({ path: ["pools", pool], text: `Backend ${backend} of ${name}: the name was taken.` });
  }
}

function poolOf(
  name: string,
  backend: string,
  instance: ProxyzooInstance,
  group: ProxyzooGroup,
  paths: (text: string) => string,
): object {
  const [prefix = backend, range = `1-${group.max_server}`] = serverTemplate(backend, group).split(/\s+/);
  const path = (group["zk.path"] ?? instance["zk.path"] ?? "")
    .replaceAll("${group}", backend)
    .replaceAll("${group_name}", backend);
  return {
    group: name,
    source: { type: "registry", registry: registryOf(name), path },
    check: checkOf(group),
    rise: 1,
    fall: 2,
    runtime: {
      sockets: [paths(instance.socket_files[0] ?? "")],
      backend,
      slots: `${prefix}${range.replace("-", "..")}`,
    },
  };
}

/** `GET /probe.jsp`, with a version and a Host header after it in old ways of writing. */
function checkOf({ httpchk }: ProxyzooGroup): object {
  if (httpchk === undefined) return { type: "tcp" };
  const words = httpchk.trim().split(/\s+/);
  const [method, path] = words.length === 1 ? ["OPTIONS", words[0]] : words;
  const host = /Host:\s*([^\s\\]+)/i.exec(httpchk)?.[1];
  // HAProxy's own rule: 2xx and 3xx are fine (configuration manual, option httpchk).
  return {
    type: "http-content",
    ...(method === "GET" ? {} : { method }),
    path: path ?? "/",
    status: ["200-399"],
    ...(host === undefined ? {} : { host }),
  };
}

function addFiles(
  files: Map<string, string>,
  name: string,
  instance: ProxyzooInstance,
  paths: (text: string) => string,
): void {
  let template = PLAIN_TEMPLATE;
  try {
    if (instance.template !== undefined) template = readFileSync(paths(instance.template), "utf8");
  } catch {
    template = `# The template ${paths(instance.template ?? "")} could not be read: this one stands in for it.\n${template}`;
  }
  const config = fillTemplate(template, templateWords(instance, paths));
  // What is text to HAProxy must be text to the template engine too.
  files.set(join(CONFDIR, "templates", `${name}.cfg.tmpl`), config.replaceAll("{{", '{{"{{"}}'));
  const dest = paths(instance.conf_file);
  files.set(
    join(CONFDIR, "conf.d", `${name}.toml`),
    [
      "[template]",
      `src = "${name}.cfg.tmpl"`,
      `dest = ${JSON.stringify(dest)}`,
      "keys = []",
      `check_cmd = ${JSON.stringify(`${paths(instance.exec)} -c -q -f {{.src}}`)}`,
      "",
    ].join("\n"),
  );
}

function haproxyOf(instance: ProxyzooInstance, paths: (text: string) => string): object {
  const conf = paths(instance.conf_file);
  return {
    exec: paths(instance.exec),
    conf_file: conf,
    pid_file: paths(instance.pid_file ?? join(dirname(conf), "haproxy.pid")),
    mode: "daemon",
  };
}
