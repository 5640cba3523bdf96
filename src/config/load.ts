// Reads a configuration: all problems at once, or settings with everything filled in.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Plugins } from "../contract.ts";
import { describeError } from "../errors.ts";
import { readDocument, type Source, valueSource } from "./document.ts";
import { beginLoading, isSection, type Loading, readSection, type Variables } from "./loading.ts";
import { sortProblems } from "./problem.ts";
import { readAgent } from "./read/agent.ts";
import { readAdmin, readHaproxy, readOverrides, readRecord, readRegistries } from "./read/daemon.ts";
import { readDefaults, readPools } from "./read/pool.ts";
import { readRender } from "./read/render.ts";
import { warnOfForgotten } from "./read/writers.ts";
import { RootKeys } from "./schema/daemon.ts";
import type { Problem, Settings } from "./settings.ts";

/** Settings, or everything that is wrong in the order of the file. */
export type Loaded = { readonly settings: Settings } | { readonly problems: readonly Problem[] };

/** Reads a configuration file. */
export async function loadSettings(file: string, plugins: Plugins, env: Variables): Promise<Loaded> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const problem = missing ? "there is no such file" : `cannot be read: ${describeError(error)}`;
    return {
      problems: [{ file, line: 0, column: 0, path: "", problem, hint: missing ? "name one with --conf" : null }],
    };
  }
  return loadText(text, file, plugins, env);
}

/** Reads YAML text; `file` names it in problems, and relative paths begin in its folder. */
export const loadText = (text: string, file: string, plugins: Plugins, env: Variables): Promise<Loaded> =>
  load(readDocument(text), file, plugins, env);

/** Reads a configuration that a program made; `file` stands for where it came from. */
export const loadObject = (value: unknown, file: string, plugins: Plugins, env: Variables): Promise<Loaded> =>
  load(valueSource(value), file, plugins, env);

async function load(source: Source, file: string, plugins: Plugins, env: Variables): Promise<Loaded> {
  const loading = beginLoading(file, source, plugins, env);
  if (!isSection(loading.value)) {
    const empty = loading.value === null || loading.value === undefined;
    if (loading.problems.length === 0)
      loading.report([], empty ? "the file is empty" : "expected a section", "it needs pools");
    return { problems: sortProblems(loading.problems) };
  }
  const settings = await readRoot(loading, loading.value);
  return loading.problems.length > 0 ? { problems: sortProblems(loading.problems) } : { settings };
}

async function readRoot(loading: Loading, value: Readonly<Record<string, unknown>>): Promise<Settings> {
  const root = readSection(loading, RootKeys, value, []);
  readRegistries(loading, root.registries);
  const pools = await readPools(loading, root.pools, readDefaults(loading, root.defaults));
  if (root.pools === undefined && root.render === undefined)
    loading.report([], "there are no pools", "add the section pools");
  const admin = readAdmin(loading, root.admin);
  const agent = readAgent(loading, root.agent, pools, admin);
  const poolSettings = pools.map(({ settings }) => settings);
  if (root.state_dir === undefined) warnOfForgotten(loading, poolSettings, agent);
  return {
    file: loading.file,
    admin,
    stateDir: root.state_dir === undefined ? null : resolve(loading.folder, root.state_dir),
    registries: loading.registries,
    pools: poolSettings,
    agent,
    render: readRender(loading, root.render),
    record: readRecord(loading, root.record),
    overrides: readOverrides(loading, root.overrides),
    haproxy: readHaproxy(loading, root.haproxy),
    warnings: [...new Set(loading.warnings)],
  };
}
