// The daemon's own sections.
import { isIP } from "node:net";
import { resolve } from "node:path";
import type { z } from "zod";
import type { Path } from "../document.ts";
import { isSection, type Loading, readSection, readValue } from "../loading.ts";
import { allowedHint } from "../nearest.ts";
import { parseHostPort } from "../options.ts";
import { AdminKeys, HaproxyKeys, OverrideKeys, RecordKeys } from "../schema/daemon.ts";
import { DAEMON_DEFAULTS } from "../schema/defaults.ts";
import type { AdminSettings, HaproxySettings, OverrideSettings, RecordSettings } from "../settings.ts";
import { configure, registryKey, splitKind } from "./plugged.ts";

/** Fills `loading.registries`; later readers look names up there. */
export function readRegistries(loading: Loading, value: unknown): void {
  if (value === undefined) return;
  if (!isSection(value)) {
    loading.report(["registries"], "expected a section of registries by name", "as { main: { driver: consul } }");
    return;
  }
  const { registries: drivers } = loading.plugins;
  for (const [name, section] of Object.entries(value)) {
    const path: Path = ["registries", name];
    loading.brokenRegistries.add(name);
    const chosen = splitKind(loading, section, "driver", [...drivers.keys()], path);
    if (chosen === null) continue;
    const kind = drivers.get(chosen.name);
    if (kind === undefined) {
      loading.report([...path, "driver"], `unknown driver "${chosen.name}"`, allowedHint(chosen.name, drivers.keys()));
      continue;
    }
    const registry = configure(loading, kind, chosen.rest, path);
    if (registry !== null) loading.registries.set(name, registry);
  }
}

/** The section `admin`. */
export function readAdmin(loading: Loading, value: unknown): AdminSettings | null {
  if (value === undefined) return null;
  const admin = withDefaults(loading, AdminKeys, DAEMON_DEFAULTS.admin, value, ["admin"]);
  const { listen = DAEMON_DEFAULTS.admin.listen, read = DAEMON_DEFAULTS.admin.read, token } = admin;
  if (token?.reveal() === "") loading.report(["admin", "token"], "must not be empty");
  if (token === undefined && read === "token" && !isLoopback(listen) && isSection(value))
    loading.report(
      ["admin", "listen"],
      `"${listen}" is reached from elsewhere and nothing could be read without a token`,
      "set token, or read: public",
    );
  return { listen, read, token: token ?? null };
}

function isLoopback(listen: string): boolean {
  const host = parseHostPort(listen)?.host ?? "";
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/** The section `record`. */
export function readRecord(loading: Loading, value: unknown): RecordSettings | null {
  if (value === undefined) return null;
  const { file, rotate, keep } = withDefaults(loading, RecordKeys, DAEMON_DEFAULTS.record, value, ["record"]);
  if (file === undefined || rotate === undefined || keep === undefined) return null;
  return { file: resolve(loading.folder, file), rotateBytes: rotate, keep };
}

/** The section `overrides`. */
export function readOverrides(loading: Loading, value: unknown): OverrideSettings | null {
  if (value === undefined) return null;
  const path: Path = ["overrides"];
  const { registry, prefix } = withDefaults(loading, OverrideKeys, DAEMON_DEFAULTS.overrides, value, path);
  if (registry === undefined || prefix === undefined) return null;
  registryKey(loading, registry, path);
  return { registry, prefix };
}

/** The section `haproxy`, or a list of such sections: one for each HAProxy. */
export function readHaproxy(loading: Loading, value: unknown): readonly HaproxySettings[] {
  if (value === undefined) return [];
  const all = Array.isArray(value)
    ? value.map((item: unknown, index) => readOneHaproxy(loading, item, ["haproxy", index]))
    : [readOneHaproxy(loading, value, ["haproxy"])];
  return all.filter((each) => each !== null);
}

function readOneHaproxy(loading: Loading, value: unknown, path: Path): HaproxySettings | null {
  const read = withDefaults(loading, HaproxyKeys, DAEMON_DEFAULTS.haproxy, value, path);
  const { exec, conf_file: conf, pid_file: pid, mode } = read;
  if (exec === undefined || conf === undefined || pid === undefined || mode === undefined) return null;
  // A bare program name is looked up in PATH, as a shell does.
  const program = exec.includes("/") ? resolve(loading.folder, exec) : exec;
  return { exec: program, confFile: resolve(loading.folder, conf), pidFile: resolve(loading.folder, pid), mode };
}

/** A section whose missing keys have built-in values. */
export function withDefaults<S extends z.ZodObject>(
  loading: Loading,
  schema: S,
  defaults: Readonly<Record<string, unknown>>,
  value: unknown,
  path: Path,
): Partial<z.output<S>> {
  if (isSection(value)) return readSection(loading, schema, { ...defaults, ...value }, path);
  readValue(loading, schema, value, path);
  return {};
}
