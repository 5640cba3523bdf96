// `publish` and `runtime` of a pool: outlets by name, their options parsed by themselves.
import type { Outlet } from "../../contract.ts";
import type { Path } from "../document.ts";
import { isSection, type Loading } from "../loading.ts";
import { allowedHint } from "../nearest.ts";
import type { Configured } from "../settings.ts";
import { configure, inherit, registryKey, splitKind } from "./plugged.ts";

type Section = Readonly<Record<string, unknown>>;
/** A value with its place. */
export interface Placed {
  readonly value: unknown;
  readonly path: Path;
}

const PREFIX = "publish-";
const PLACEHOLDERS = ["name", "host", "port", "pool", "group"];
const READ_ONLY = ["env", "file"];

/** Publications and runtime outlets of a pool, in the order of the file; `pool`: keys that they take over. */
export function readOutlets(
  loading: Loading,
  publish: Placed | null,
  runtime: Placed | null,
  pool: Section,
): readonly Configured<Outlet>[] {
  const publications = items(publish).map((item) => readPublication(loading, item, pool));
  const runtimes = items(runtime).map((item) => readRuntime(loading, item, pool));
  return [...publications, ...runtimes].filter((outlet) => outlet !== null);
}

function items(placed: Placed | null): readonly Placed[] {
  if (placed === null) return [];
  const { value, path } = placed;
  return Array.isArray(value) ? value.map((item, i) => ({ value: item, path: [...path, i] })) : [placed];
}

function readPublication(loading: Loading, { value, path }: Placed, pool: Section): Configured<Outlet> | null {
  const { outlets } = loading.plugins;
  const layouts = [...outlets.keys()]
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => name.slice(PREFIX.length));
  reportPlaceholders(loading, value, path);
  const chosen = splitKind(loading, value, "layout", layouts, path);
  if (chosen === null) return null;
  checkRegistry(loading, chosen.name, chosen.rest, path);
  const kind = outlets.get(`${PREFIX}${chosen.name}`);
  if (kind !== undefined) return configure(loading, kind, inherit(kind, chosen.rest, pool, ["on_exit"]), path);
  if (typeof chosen.rest.registry === "string") registryKey(loading, chosen.rest.registry, path);
  loading.report([...path, "layout"], `unknown layout "${chosen.name}"`, allowedHint(chosen.name, layouts));
  return null;
}

function checkRegistry(loading: Loading, layout: string, options: Section, path: Path): void {
  const driver = loading.registries.get(String(options.registry))?.kind.name;
  if (driver === undefined) return;
  const place = [...path, "registry"];
  if (READ_ONLY.includes(driver))
    loading.report(place, `a registry of driver ${driver} is only read`, "consul, etcd, zookeeper or memory");
  else if (layout === "service" && driver !== "consul")
    loading.report(
      [...path, "layout"],
      `layout service needs a registry of driver consul, "${String(options.registry)}" is ${driver}`,
      "members or fields instead",
    );
}

function readRuntime(loading: Loading, { value, path }: Placed, pool: Section): Configured<Outlet> | null {
  reportPlaceholders(loading, value, path);
  const kind = loading.plugins.outlets.get("runtime");
  if (kind === undefined) {
    loading.report(path, "there is no outlet runtime here");
    return null;
  }
  if (isSection(value)) return configure(loading, kind, inherit(kind, value, pool, ["on_exit"]), path);
  loading.report(path, "expected a section", "as { sockets: [/run/haproxy/admin.sock], backend: web }");
  return null;
}

/** Words in braces that no outlet will fill in. */
export function reportPlaceholders(loading: Loading, value: unknown, path: Path, allowed = PLACEHOLDERS): void {
  if (typeof value === "string") {
    for (const [written, word = ""] of value.matchAll(/\{([a-z_][\w.]*)\}/gi))
      if (!allowed.includes(word)) loading.report(path, `unknown placeholder ${written}`, allowedHint(word, allowed));
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value))
    reportPlaceholders(loading, inner, [...path, Array.isArray(value) ? Number(key) : key], allowed);
}
