import type { Path } from "../document.ts";
import { keyOf } from "../keys.ts";
import { isSection, type Loading, readSection } from "../loading.ts";
import { DefaultsKeys, PoolKeys } from "../schema/pool.ts";
import { nameProblem } from "../schema/values.ts";
import type { PoolSettings } from "../settings.ts";
import { namesSentinels, readChecks } from "./check.ts";
import { type Layer, type Layers, said } from "./layers.ts";
import { type Placed, readOutlets, reportPlaceholders } from "./outlets.ts";
import { fillPoolWords } from "./pool-words.ts";
import { checkRules, readRules, readShrinkGuard } from "./rules.ts";
import { readSources, type Sources } from "./sources.ts";
import { type Listed, type OwnPort, readTargets, referenceTargets } from "./targets.ts";
import { BUILT_IN } from "./timing.ts";

/** A pool, and the agent ports that its targets ask for. */
export interface PoolReading {
  readonly settings: PoolSettings;
  readonly ports: readonly OwnPort[];
}

/** The section `defaults`. */
export function readDefaults(loading: Loading, value: unknown): Layer {
  const path: Path = ["defaults"];
  if (value === undefined) return { path, values: {} };
  return { path, values: readSection(loading, DefaultsKeys, value, path) };
}

/** All pools, in the order of the file. */
export async function readPools(loading: Loading, value: unknown, defaults: Layer): Promise<readonly PoolReading[]> {
  if (value === undefined) return [];
  if (!isSection(value)) {
    loading.report(["pools"], "expected a section of pools by name", "as { p80: { check: ..., targets: ... } }");
    return [];
  }
  const read = Object.entries(value).map(([name, section]) => readPool(loading, name, section, defaults));
  return (await Promise.all(read)).filter((pool) => pool !== null);
}

async function readPool(
  loading: Loading,
  name: string,
  section: unknown,
  defaults: Layer,
): Promise<PoolReading | null> {
  const path: Path = ["pools", name];
  const problem = nameProblem(name);
  if (problem !== null) loading.report(path, problem);
  if (!isSection(section)) {
    loading.report(path, "expected a section", "as { check: ..., targets: ... }");
    return null;
  }
  const { targets: listed, source, ...values } = readSection(loading, PoolKeys, section, path);
  const layers: Layers = [{ path, values }, defaults];
  const check = placed(layers, "check");
  const words = { pool: name, group: said(layers, "group")?.value ?? null };
  const inWords = (value: unknown, at: Path): unknown => fillPoolWords(loading, value, at, words);
  const checkPath = check?.path ?? [...path, "check"];
  const sourcePath = [...path, "source"];
  const checks = await readChecks(loading, inWords(check?.value, checkPath), checkPath, layers);
  const sources = readSources(loading, inWords(source, sourcePath), sourcePath, checks.raw);
  const policy = readRules(layers, checks, sources.kinds.includes("sentinel") || checks.raw.some(namesSentinels));
  const { targets, ports } = readTargets(loading, listed, [...path, "targets"], policy.fallback ? "primary" : null);
  checkRules(loading, layers, policy, checks);
  const fallback = policy.fallback && policy.role === "readers";
  checkMembers(loading, { targets, ports }, sources, { path, fallback, section });
  const references = said(layers, "reference")?.value ?? "off";
  const passedOn = { on_exit: said(layers, "on_exit")?.value ?? BUILT_IN.on_exit };
  const settings: Omit<PoolSettings, "key"> = {
    name,
    group: words.group,
    policy,
    checks: checks.settings,
    targets: [...targets, ...referenceTargets(references === "off" ? [] : references)],
    sources: sources.settings,
    nameTemplate: readTemplate(loading, layers, sources),
    shrinkGuard: readShrinkGuard(layers),
    onExit: passedOn.on_exit ?? "keep",
    outlets: readOutlets(loading, placed(layers, "publish"), placed(layers, "runtime"), passedOn),
  };
  return { settings: { ...settings, key: poolKey(settings) }, ports };
}

function placed(layers: Layers, key: "check" | "publish" | "runtime"): Placed | null {
  const found = said(layers, key);
  return found === null ? null : { value: found.value, path: found.path };
}

/** What a pool needs to have members at all. */
function checkMembers(
  loading: Loading,
  listed: Listed,
  sources: Sources,
  pool: { readonly path: Path; readonly fallback: boolean; readonly section: Readonly<Record<string, unknown>> },
): void {
  const { targets, source } = pool.section;
  if (targets === undefined && source === undefined)
    loading.report(pool.path, "needs targets or source", 'as targets: { app1: "10.200.60.42:80" }');
  else if (source === undefined && isSection(targets) && Object.keys(targets).length === 0)
    loading.report([...pool.path, "targets"], "must not be empty", "or name a source");
  const hasBackup = listed.targets.some(({ part }) => part === "backup");
  if (pool.fallback && source === undefined && targets !== undefined && !hasBackup)
    loading.report(
      [...pool.path, "fallback"],
      "there is no primary to fall back to",
      "name a target primary, or use a source that lists it",
    );
  if (sources.name !== null && pool.section.name !== undefined)
    loading.report(sources.name.path, "the name template stands twice", "here or in the pool");
}

function readTemplate(loading: Loading, layers: Layers, sources: Sources): string {
  const own = said(layers, "name");
  const template = sources.name ?? own;
  if (template === null) return BUILT_IN.name ?? "";
  reportPlaceholders(loading, template.value, template.path, ["host", "port"]);
  if (!/\{(host|port)\}/.test(template.value))
    loading.report(template.path, "gives all discovered targets one name", "use {host}, {port} or both");
  return template.value;
}

function poolKey(pool: Omit<PoolSettings, "key">): string {
  const keys = (all: readonly { readonly key: string }[]): readonly string[] => all.map(({ key }) => key);
  const { checks, sources, outlets, ...rest } = pool;
  const policies = checks.map(({ policy }) => policy);
  return keyOf(pool.name, rest, policies, keys(checks), keys(sources), keys(outlets));
}
