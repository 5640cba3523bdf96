import type { SourceKind } from "../../contract.ts";
import type { Path } from "../document.ts";
import { keysOf } from "../introspect.ts";
import type { Loading } from "../loading.ts";
import { allowedHint } from "../nearest.ts";
import type { Configured } from "../settings.ts";
import { configure, inherit, splitKind } from "./plugged.ts";

type Section = Readonly<Record<string, unknown>>;

/** The sources of a pool, and the name template that one of them gave. */
export interface Sources {
  readonly settings: readonly Configured<SourceKind>[];
  readonly kinds: readonly string[];
  readonly name: { readonly value: string; readonly path: Path } | null;
}

/** What a source shares with the check of its pool: the same servers, the same account, the same Sentinels. */
const SHARED = [
  ...["user", "username", "password", "tls"],
  ...["sentinels", "master_name", "sentinel_username", "sentinel_password", "sentinel_tls", "sentinel_timeout"],
];

/** One source or a list; log-in and Sentinels are those of the pool's checks unless given. */
export function readSources(loading: Loading, value: unknown, path: Path, checks: readonly Section[]): Sources {
  if (value === undefined) return { settings: [], kinds: [], name: null };
  const list = Array.isArray(value);
  const items: readonly unknown[] = list ? value : [value];
  if (items.length === 0) loading.report(path, "must not be empty");
  const read = items.map((item, i) => readSource(loading, item, list ? [...path, i] : path, checks));
  return {
    settings: read.flatMap((one) => (one?.settings ? [one.settings] : [])),
    kinds: read.flatMap((one) => (one === null ? [] : [one.kind])),
    name: read.find((one) => one?.name)?.name ?? null,
  };
}

/** Services are what only Consul has. */
function checkCatalog(loading: Loading, { registry, service }: Section, path: Path): void {
  const driver = loading.registries.get(String(registry))?.kind.name;
  if (service !== undefined && driver !== undefined && driver !== "consul")
    loading.report(
      [...path, "service"],
      `needs a registry of driver consul, "${String(registry)}" is ${driver}`,
      "path instead",
    );
}

interface OneSource {
  readonly kind: string;
  readonly settings: Configured<SourceKind> | null;
  readonly name: Sources["name"];
}

function readSource(loading: Loading, value: unknown, path: Path, checks: readonly Section[]): OneSource | null {
  const { sources } = loading.plugins;
  const chosen = splitKind(loading, value, "type", [...sources.keys()], path);
  if (chosen === null) return null;
  const kind = sources.get(chosen.name);
  if (kind === undefined) {
    loading.report([...path, "type"], `unknown source type "${chosen.name}"`, allowedHint(chosen.name, sources.keys()));
    return null;
  }
  // `name` is the template of the pool's target names, unless this kind has a `name` of its own.
  const { name, ...others } = chosen.rest;
  const template = typeof name === "string" && !keysOf(kind.options).has("name");
  const own = template ? others : chosen.rest;
  const options = checks.reduce<Section>((taken, check) => inherit(kind, taken, check, SHARED), own);
  checkCatalog(loading, options, path);
  const settings = configure(loading, kind, options, path);
  return { kind: kind.name, settings, name: template ? { value: name, path: [...path, "name"] } : null };
}
