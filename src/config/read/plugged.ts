// Plug-ins by name: the kind is looked up, the rest of the section is parsed by its own schema.
import type { z } from "zod";
import type { Definition, Env } from "../../contract.ts";
import type { Path } from "../document.ts";
import { keysOf } from "../introspect.ts";
import { keyOf } from "../keys.ts";
import { isSection, type Loading, readValue } from "../loading.ts";
import { allowedHint } from "../nearest.ts";
import type { Configured } from "../settings.ts";

type Section = Readonly<Record<string, unknown>>;

/** A kind with its options when both are right; what is wrong has been reported. */
export function configure<Kind extends Pick<Definition<unknown, never & Env>, "name" | "options">>(
  loading: Loading,
  kind: Kind,
  options: Section,
  path: Path,
): Configured<Kind> | null {
  const parsed = readValue<z.ZodType>(loading, kind.options, options, path);
  const { registry: name } = options;
  const registry = typeof name === "string" ? registryKey(loading, name, path) : "";
  if (parsed === null || registry === null) return null;
  return { kind, options: parsed, key: keyOf(kind.name, options, registry) };
}

/** The key of the registry of a name, so that who uses it starts anew when it changes; null: unknown, which is reported. */
export function registryKey(loading: Loading, name: string, path: Path): string | null {
  const found = loading.registries.get(name);
  if (found !== undefined) return found.key;
  if (loading.brokenRegistries.has(name)) return null;
  const names = [...loading.registries.keys(), ...loading.brokenRegistries];
  const hint = names.length === 0 ? "there is no section registries" : allowedHint(name, names);
  loading.report([...path, "registry"], `unknown registry "${name}"`, hint);
  return null;
}

/** Takes over keys that the kind knows, that are not given here, and that are given there. */
export function inherit(
  kind: { readonly options: z.ZodType },
  own: Section,
  from: Section,
  keys: readonly string[],
): Section {
  const known = keysOf(kind.options);
  const taken = keys.filter((key) => known.has(key) && own[key] === undefined && from[key] !== undefined);
  return { ...own, ...Object.fromEntries(taken.map((key) => [key, from[key]])) };
}

/** The word that chooses the kind, and the rest; null when it is missing or no text, which is reported. */
export function splitKind(
  loading: Loading,
  section: unknown,
  word: string,
  allowed: readonly string[],
  path: Path,
): { readonly name: string; readonly rest: Section } | null {
  if (!isSection(section)) {
    const named = typeof section === "string" && allowed.includes(section);
    const example = named ? section : (allowed[0] ?? "...");
    loading.report(path, `expected a section with ${word}`, `${named ? "write" : "as"} { ${word}: ${example} }`);
    return null;
  }
  const { [word]: name, ...rest } = section;
  if (typeof name === "string" && name !== "") return { name, rest };
  loading.report(
    [...path, word],
    name === undefined ? "is required" : "must be a word",
    `one of ${allowed.join(", ")}`,
  );
  return null;
}
