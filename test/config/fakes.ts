// Plug-ins that do nothing but have names, options and facts: what a configuration can be checked against.

import { type Loaded, loadText } from "../../src/config/load.ts";
import { formatProblem } from "../../src/config/problem.ts";
import type { PoolSettings, Settings } from "../../src/config/settings.ts";
import { defineChecker, defineOutlet, defineRegistry, defineSource, type Plugins } from "../../src/contract.ts";
import { asks, duration, hostPort, secret, z } from "../../src/index.ts";

const nothing = () => asks(async () => ({ outcome: "pass", reason: "", facts: {}, weight: null, claim: null }));
const lists = () => ({ everyMs: null, list: async () => ({ targets: [], refused: [] }), close: async () => {} });
const part = () => ({ key: "", start: async () => ({ stop: async () => {} }) });
const reads = () => ({
  read: async () => ({ entries: new Map(), revision: "", fresh: true }),
  close: async () => {},
});
const text = () => z.string().optional();
const login = { user: text(), password: secret().optional(), tls: z.boolean().optional() };

const checker = (name: string, shape: z.ZodRawShape, facts: Readonly<Record<string, string>> = {}) =>
  defineChecker({ name, summary: name, options: z.strictObject(shape), facts, create: nothing });
const source = (name: string, shape: z.ZodRawShape) =>
  defineSource({ name, summary: name, options: z.strictObject(shape), facts: {}, create: lists });
const outlet = (name: string, shape: z.ZodRawShape) =>
  defineOutlet({ name, summary: name, options: z.strictObject(shape), facts: {}, create: part });
const driver = (name: string, shape: z.ZodRawShape) =>
  defineRegistry({ name, summary: name, options: z.strictObject(shape), facts: {}, create: reads });
const byName = <K extends { readonly name: string }>(kinds: readonly K[]): ReadonlyMap<string, K> =>
  new Map(kinds.map((kind) => [kind.name, kind]));

const published = { registry: z.string(), key: z.string(), on_exit: z.enum(["keep", "remove"]).optional() };

/** Kinds named as the real ones. */
export const fakes: Plugins = {
  checkers: byName([
    checker(
      "http-content",
      {
        scheme: z.enum(["http", "https"]).optional(),
        path: text(),
        contains: text(),
        status: z.union([z.number().int(), z.string()]).optional(),
      },
      { latencyMs: "" },
    ),
    checker("tcp", { send: text(), expect: text() }, { latencyMs: "" }),
    checker("exec", {
      argv: z.array(z.string()).min(1),
      env: z.record(z.string(), z.string()).optional(),
      protocol: z.enum(["exit", "nagios", "agent"]).optional(),
    }),
    checker(
      "mysql-replica",
      { ...login, database: text(), max_lag: duration().optional() },
      { lagSeconds: "", readOnly: "" },
    ),
    checker("mysql-primary", login, { readOnly: "" }),
    checker("redis-master", {
      username: text(),
      password: secret().optional(),
      sentinels: z.array(hostPort()).optional(),
      master_name: text(),
    }),
    checker("memcached", {}),
  ]),
  sources: byName([
    source("mysql", {
      ...login,
      user: z.string(),
      primary: hostPort(),
      discover: z.enum(["hosts", "processlist"]).optional(),
    }),
    source("sentinel", { sentinels: z.array(hostPort()), master_name: z.string() }),
    source("registry", { registry: z.string(), path: text(), service: text() }),
  ]),
  outlets: byName([
    outlet("publish-current", { ...published, proxyport: text() }),
    outlet("publish-members", published),
    outlet("publish-fields", { ...published, values: z.record(z.string(), z.string()) }),
    outlet("publish-service", { registry: z.string(), service: z.string() }),
    outlet("runtime", { sockets: z.array(z.string()).min(1), backend: z.string(), slots: text(), on_exit: text() }),
  ]),
  registries: byName([
    driver("memory", {}),
    driver("consul", { address: text(), token: secret().optional() }),
    driver("etcd", { address: text() }),
    driver("zookeeper", { address: text() }),
    driver("env", {}),
    driver("file", { path: text() }),
  ]),
};

/** Loads text with the fakes. */
export const load = (yaml: string, env: Record<string, string> = {}): Promise<Loaded> =>
  loadText(yaml, "checkd.yaml", fakes, env);

/** Settings of a text that is right. */
export async function settingsOf(yaml: string, env: Record<string, string> = {}): Promise<Settings> {
  const loaded = await load(yaml, env);
  if ("settings" in loaded) return loaded.settings;
  throw new Error(loaded.problems.map(formatProblem).join("\n"));
}

/** Problems of a text, as they are printed. */
export async function problemsOf(yaml: string, env: Record<string, string> = {}): Promise<readonly string[]> {
  const loaded = await load(yaml, env);
  return "problems" in loaded ? loaded.problems.map(formatProblem) : [];
}

/** The only pool of a text that is right. */
export async function poolOf(yaml: string, env: Record<string, string> = {}): Promise<PoolSettings> {
  const [pool] = (await settingsOf(yaml, env)).pools;
  if (pool === undefined) throw new Error("there is no pool");
  return pool;
}
