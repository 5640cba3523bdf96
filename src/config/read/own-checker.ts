// A checker of the user's own: `type: ./postgres.js` beside the configuration, or a package.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Checker, Plugins } from "../../contract.ts";
import { describeError } from "../../errors.ts";
import type { Path } from "../document.ts";
import { isSection, type Loading } from "../loading.ts";
import { allowedHint, nearest } from "../nearest.ts";

/** Where a checker is looked for, and who is told of problems. */
export interface CheckerPlace {
  /** Relative paths begin here, and packages are looked for from here upwards. */
  readonly folder: string;
  readonly plugins: Pick<Plugins, "checkers">;
  readonly report: Loading["report"];
}

/** The built-in checker of a name, or the one a path or package exports; null after a report. */
export async function findChecker(loading: CheckerPlace, name: string, path: Path): Promise<Checker | null> {
  const { checkers } = loading.plugins;
  const known = checkers.get(name);
  if (known !== undefined) return known;
  const file = moduleFile(loading.folder, name);
  if (file !== null) return importChecker(loading, name, file, path);
  reportUnknown(loading, name, path);
  return null;
}

function reportUnknown(loading: CheckerPlace, name: string, path: Path): void {
  if (looksLikePath(name)) {
    loading.report(path, `there is no file ${name}`, "a relative path begins in the folder of this file");
    return;
  }
  const words = [...loading.plugins.checkers.keys()];
  const hint = allowedHint(name, words);
  const more = nearest(name, words) === null ? `${hint}, or a path or package of yours` : hint;
  loading.report(path, `unknown check type "${name}"`, more);
}

const looksLikePath = (name: string): boolean => /^\.{0,2}\//.test(name) || /\.[cm]?[jt]s$/.test(name);

function moduleFile(folder: string, name: string): string | null {
  if (!looksLikePath(name)) return packageFile(folder, name);
  const file = isAbsolute(name) ? name : resolve(folder, name);
  return existsSync(file) ? file : null;
}

/** Looked for from the configuration file's folder upwards: that is where its owner installs packages. */
function packageFile(folder: string, name: string): string | null {
  if (!/^(@[\w.-]+\/)?[\w-][\w.-]*$/.test(name)) return null;
  const folders = createRequire(join(resolve(folder), "checkd.yaml")).resolve.paths(name) ?? [];
  const home = folders.map((each) => join(each, name)).find((each) => existsSync(join(each, "package.json")));
  return home === undefined ? null : join(home, entryOf(JSON.parse(readFileSync(join(home, "package.json"), "utf8"))));
}

/** The file that `import` takes: createRequire alone refuses packages that only export to `import`. */
function entryOf(about: unknown): string {
  if (!isSection(about)) return "index.js";
  const top = isSection(about.exports) ? (about.exports["."] ?? about.exports) : about.exports;
  const found = isSection(top) ? (top.import ?? top.node ?? top.default) : top;
  const file = isSection(found) ? found.default : found;
  const main = typeof file === "string" ? file : about.main;
  return typeof main === "string" ? main : "index.js";
}

async function importChecker(loading: CheckerPlace, name: string, file: string, path: Path): Promise<Checker | null> {
  try {
    const module: unknown = await import(pathToFileURL(file).href);
    const made = isNamespace(module) ? (module.checker ?? module.default) : undefined;
    if (isChecker(made)) return made;
    loading.report(path, `${name} exports no checker`, "export const checker = defineChecker({ ... })");
  } catch (error) {
    loading.report(path, `${name} cannot be loaded: ${describeError(error).split("\n")[0]}`);
  }
  return null;
}

const isNamespace = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

function isChecker(value: unknown): value is Checker {
  if (!isNamespace(value)) return false;
  const { name, options, facts, create } = value;
  const parses = isNamespace(options) && typeof options.safeParse === "function";
  return typeof name === "string" && parses && isNamespace(facts) && typeof create === "function";
}
