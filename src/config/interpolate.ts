// ${env:NAME} ${file:PATH} ${credential:NAME} ${dbconf:PATH#SECTION} in any string of a configuration.
import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Path } from "./document.ts";
import { readDbconf } from "./import/dbconf-file.ts";
import { allowedHint } from "./nearest.ts";
import { formatProblem } from "./problem.ts";
import { forgetOrigins, readSecretFile, rememberOrigin } from "./secret.ts";

/** Where references are looked up. */
export interface Surroundings {
  /** Relative paths begin here: the folder of the configuration file. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  problem(path: Path, problem: string, hint: string | null): void;
  warn(path: Path, text: string): void;
}

/** A string that was filled in: what it became and what the file says. */
export interface Filled {
  readonly path: Path;
  readonly value: string;
  readonly written: string;
}

const REFERENCE = /\$\$\{|\$\{([^}]*)\}/g;

/** A copy with all references filled in; those that cannot be are reported and stay as written. */
export function interpolate(
  tree: unknown,
  around: Surroundings,
): { readonly value: unknown; readonly filled: Filled[] } {
  forgetOrigins();
  const filled: Filled[] = [];
  const open = new Set<unknown>();
  const walk = (node: unknown, path: Path): unknown => {
    if (typeof node === "string") {
      const value = fill(node, path, around);
      if (value !== node) filled.push({ path, value, written: node });
      return value;
    }
    if (typeof node !== "object" || node === null) return node;
    if (open.has(node)) {
      around.problem(path, "holds itself", "an alias inside its own anchor");
      return null;
    }
    open.add(node);
    const copy = Array.isArray(node)
      ? node.map((item, i) => walk(item, [...path, i]))
      : fillSection(node, path, around, walk);
    open.delete(node);
    return copy;
  };
  return { value: walk(tree, []), filled };
}

function fillSection(
  node: object,
  path: Path,
  around: Surroundings,
  walk: (node: unknown, path: Path) => unknown,
): object {
  const copy: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === "__proto__") around.problem([...path, key], "is no name", "choose another one");
    else copy[key] = walk(value, [...path, key]);
  }
  return copy;
}

function fill(text: string, path: Path, around: Surroundings): string {
  if (!text.includes("${")) return text;
  const whole = text.match(REFERENCE)?.[0] === text;
  return text.replace(REFERENCE, (written, inside: string | undefined) => {
    if (inside === undefined) return "${";
    const found = lookUp(inside, around, (hint) => around.warn(path, hint));
    if ("value" in found) {
      if (whole && found.file !== null) rememberOrigin(found.value, found.file);
      return found.value;
    }
    around.problem(path, found.problem, found.hint);
    return written;
  });
}

type Found =
  | { readonly value: string; readonly file: string | null }
  | { readonly problem: string; readonly hint: string | null };
type LookUp = (name: string, around: Surroundings, warn: (text: string) => void) => Found;

function lookUp(inside: string, around: Surroundings, warn: (text: string) => void): Found {
  const [, kind = inside, name = ""] = /^([a-z]+):(.*)$/s.exec(inside) ?? [];
  const reader = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (reader !== undefined && name !== "") return reader(name, around, warn);
  const hint = `write \${env:NAME}, \${file:PATH} or \${credential:NAME}; $\${ for a plain \${`;
  if (reader !== undefined) return { problem: `\${${inside}} names nothing`, hint };
  const close = inside.includes(":") ? allowedHint(kind, Object.keys(KINDS)) : hint;
  return { problem: `unknown reference \${${inside}}`, hint: close };
}

const KINDS: Readonly<Record<string, LookUp>> = {
  env: (name, { env }) => {
    const value = env[name];
    return value === undefined
      ? { problem: `environment variable ${name} is not set`, hint: null }
      : { value, file: null };
  },
  file: (name, { folder }, warn) => {
    const file = resolve(folder, name);
    const found = readFrom(file, name);
    if ("value" in found) warnOfReaders(file, name, warn);
    return found;
  },
  credential: (name, { env }) => {
    const folder = env.CREDENTIALS_DIRECTORY;
    if (folder === undefined || folder === "")
      return {
        problem: `credential ${name} has no folder`,
        hint: "CREDENTIALS_DIRECTORY is set by LoadCredential= of systemd",
      };
    return name.includes("/") || name.startsWith(".")
      ? { problem: `"${name}" is no name of a credential`, hint: null }
      : readFrom(join(folder, name), name);
  },
  dbconf: (name, { folder }, warn) => {
    const [, path, section] = /^(.+)#([^#]+)$/.exec(name) ?? [];
    if (path === undefined || section === undefined)
      return { problem: `\${dbconf:${name}} names no section`, hint: "write ${dbconf:PATH#SECTION}" };
    const file = resolve(folder, path);
    const text = readFrom(file, path);
    if (!("value" in text)) return text;
    warnOfReaders(file, path, warn);
    return passwordOf(text.value, path, section);
  },
};

function passwordOf(text: string, path: string, section: string): Found {
  const { sections, problems } = readDbconf(text, path);
  const found = sections.get(section);
  if (found !== undefined) return { value: found.password ?? "", file: null };
  const wrong = problems.find((problem) => problem.path.startsWith(`${section}.`));
  return wrong === undefined
    ? { problem: `${path} has no section [${section}]`, hint: allowedHint(section, sections.keys()) }
    : { problem: formatProblem(wrong), hint: null };
}

function readFrom(file: string, name: string): Found {
  try {
    return { value: readSecretFile(file), file };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return {
      problem: `cannot read ${name}: ${WHY[code] ?? code}`,
      hint: code === "EACCES" ? "readable for the user that runs checkd" : null,
    };
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  EISDIR: "it is a folder",
  ENOTDIR: "no such folder",
};

function warnOfReaders(file: string, name: string, warn: (text: string) => void): void {
  if ((statSync(file).mode & 0o004) !== 0) warn(`${name} can be read by everybody on this host (chmod o-r ${name})`);
}
