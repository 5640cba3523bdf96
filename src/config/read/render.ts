import { existsSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { z } from "zod";
import { describeError } from "../../errors.ts";
import { type LoadOptions, loadResource, loadResources } from "../../render/resource/load.ts";
import { DEFAULT_RULES } from "../../render/resource/resource.ts";
import type { Path } from "../document.ts";
import { keyOf } from "../keys.ts";
import type { Loading } from "../loading.ts";
import { RenderKeys } from "../schema/daemon.ts";
import { DAEMON_DEFAULTS } from "../schema/defaults.ts";
import type { RenderSettings } from "../settings.ts";
import { withDefaults } from "./daemon.ts";
import { registryKey } from "./plugged.ts";

/** The section `render`: one directory or a list. */
export function readRender(loading: Loading, value: unknown): readonly RenderSettings[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) return readOne(loading, value, ["render"]);
  return value.flatMap((section: unknown, i) => readOne(loading, section, ["render", i]));
}

function readOne(loading: Loading, section: unknown, path: Path): RenderSettings[] {
  const said = withDefaults(loading, RenderKeys, DAEMON_DEFAULTS.render, section, path);
  const { confdir, registry, watch, interval } = said;
  if (registry !== undefined) registryKey(loading, registry, path);
  const rules = rulesOf(loading, said, path);
  if (confdir === undefined || registry === undefined || watch === undefined || interval === undefined) return [];
  if (rules === null) return [];
  const { prefix = "" } = said;
  const settings = { confdir: resolve(loading.folder, confdir), registry, prefix, watch, intervalMs: interval, rules };
  lookAtResources(loading, settings, path);
  const place = loading.placeOf([...path, "confdir"]);
  return [{ ...settings, place, key: keyOf("render", settings, loading.registries.get(registry)?.key) }];
}

/** Resources that cannot be read are a problem of the configuration. A directory that is not there yet is none, as in confd. */
function lookAtResources(loading: Loading, settings: LoadOptions, path: Path): void {
  for (const problem of resourceProblems(settings)) loading.report([...path, "confdir"], problem);
}

function resourceProblems(settings: LoadOptions): readonly string[] {
  try {
    loadResources(settings);
    return [];
  } catch (error) {
    // The first broken resource stops confd; who mends them wants to know of all.
    const each = tomlFiles(join(settings.confdir, "conf.d")).flatMap((file) => problemOf(file, settings));
    return each.length === 0 ? [describeError(error)] : each;
  }
}

function problemOf(file: string, settings: LoadOptions): readonly string[] {
  try {
    loadResource(file, settings);
    return [];
  } catch (error) {
    return [describeError(error)];
  }
}

function tomlFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith("toml"))
    .sort()
    .map((name) => join(folder, name));
}

function rulesOf(
  loading: Loading,
  said: Partial<z.output<typeof RenderKeys>>,
  path: Path,
): RenderSettings["rules"] | null {
  const { values, debounce, check_cmd_timeout: check, reload_cmd_timeout: reload, confirm, socket } = said;
  if (confirm === "socket" && socket === undefined)
    loading.report([...path, "confirm"], "needs the runtime socket", "as in socket: /run/haproxy/admin.sock");
  if (values === undefined || debounce === undefined || check === undefined || reload === undefined) return null;
  return {
    values,
    shrinkGuard: shrinkGuardOf(said.shrink_guard),
    checkTimeoutMs: check,
    reloadTimeoutMs: reload,
    debounceMs: debounce,
    confirmSocket: confirm === "socket" ? (socket ?? null) : null,
  };
}

function shrinkGuardOf(said: z.output<typeof RenderKeys>["shrink_guard"]): RenderSettings["rules"]["shrinkGuard"] {
  if (said === "off") return null;
  const { shrinkGuard } = DEFAULT_RULES;
  return shrinkGuard === null
    ? null
    : { share: said?.share ?? shrinkGuard.share, forMs: said?.for ?? shrinkGuard.forMs };
}
