// What the readers of all sections share while one configuration is loaded.
import { dirname } from "node:path";
import type { z } from "zod";
import type { Plugins, RegistryKind } from "../contract.ts";
import type { Path, Source } from "./document.ts";
import { type Filled, interpolate } from "./interpolate.ts";
import { findings } from "./issues.ts";
import { formatProblem } from "./problem.ts";
import type { Configured, Problem } from "./settings.ts";

/** Environment variables. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** One configuration on its way to settings. Readers report and go on, so that all problems show at once. */
export interface Loading {
  readonly file: string;
  /** Relative paths begin here. */
  readonly folder: string;
  readonly plugins: Plugins;
  readonly value: unknown;
  readonly problems: Problem[];
  readonly warnings: string[];
  /** Every text that held references. */
  readonly filled: readonly Filled[];
  /** Their paths in words. */
  readonly referred: ReadonlySet<string>;
  /** Filled before pools are read. */
  readonly registries: Map<string, Configured<RegistryKind>>;
  /** Named in the file, but with problems of their own: no second report for who uses them. */
  readonly brokenRegistries: Set<string>;
  /** Where a value stands. */
  placeOf(path: Path): Pick<Problem, "file" | "line" | "column" | "path">;
  report(path: Path, problem: string, hint?: string | null): void;
  warn(path: Path, text: string): void;
}

/** Fills in references and makes the context that readers report to. */
export function beginLoading(file: string, source: Source, plugins: Plugins, env: Variables): Loading {
  const problems: Problem[] = source.problems.map((found) => ({ file, path: "", ...found }));
  const warnings: string[] = [];
  const filled: Filled[] = [];
  const placeOf = (path: Path) => ({ file, ...source.locate(path), path: pathWords(path) });
  const problemAt = (path: Path, problem: string, hint: string | null): Problem => {
    const scrub = (text: string): string => asWritten(text, path, filled);
    return {
      ...placeOf(path),
      problem: scrub(problem),
      hint: hint === null ? null : scrub(hint),
    };
  };
  const unfilled = new Set<string>();
  const report = (path: Path, problem: string, hint: string | null = null): void => {
    // What could not be filled in has been reported; that it fits nothing is no news.
    if (!unfilled.has(pathWords(path))) problems.push(problemAt(path, problem, hint));
  };
  const reportUnfilled = (path: Path, problem: string, hint: string | null): void => {
    problems.push(problemAt(path, problem, hint));
    unfilled.add(pathWords(path));
  };
  const warn = (path: Path, text: string): void => {
    warnings.push(formatProblem(problemAt(path, text, null)));
  };
  const folder = dirname(file);
  const read = interpolate(source.value, { folder, env, problem: reportUnfilled, warn });
  filled.push(...read.filled);
  const referred = new Set(filled.map(({ path }) => pathWords(path)));
  const registries = { registries: new Map(), brokenRegistries: new Set<string>() };
  return {
    file,
    folder,
    plugins,
    value: read.value,
    problems,
    warnings,
    filled,
    referred,
    ...registries,
    placeOf,
    report,
    warn,
  };
}

/** What a reference was filled in with is replaced by the reference itself: a value may be a secret. */
function asWritten(text: string, path: Path, filled: readonly Filled[]): string {
  let shown = text;
  for (const { path: at, value, written } of filled) {
    const related = at.every((key, i) => i >= path.length || key === path[i]);
    if (related && value !== "") shown = shown.replaceAll(value, () => written);
  }
  return shown;
}

/** `pools.cache.publish[0].layout`. */
export function pathWords(path: Path): string {
  let words = "";
  for (const key of path) {
    if (typeof key === "number") words += `[${key}]`;
    else
      words += `${words === "" ? "" : "."}${/^[^\s.[\]"]+$/.test(String(key)) ? String(key) : JSON.stringify(String(key))}`;
  }
  return words;
}

/** True for what YAML calls a map. */
export const isSection = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Parses a value as a whole; null when anything is wrong, all of which is reported. */
export function readValue<S extends z.ZodType>(
  loading: Loading,
  schema: S,
  value: unknown,
  path: Path,
): z.output<S> | null {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  for (const found of findings(parsed.error.issues, schema, value))
    loading.report([...path, ...found.path], found.problem, found.hint);
  return null;
}

/** Parses a section; keys with problems are reported and left out, so that the rest is checked as well. */
export function readSection<S extends z.ZodObject>(
  loading: Loading,
  schema: S,
  value: unknown,
  path: Path,
): Partial<z.output<S>> {
  const whole = readValue(loading, schema, value, path);
  if (whole !== null) return whole;
  const rest: Record<string, unknown> = {};
  if (isSection(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const known = Object.hasOwn(schema.shape, key) ? schema.shape[key] : undefined;
      if (known?.safeParse(inner).success) rest[key] = inner;
    }
  }
  // The edge where the keys that failed are gone: what is left fits the partial type.
  return schema.partial().parse(rest) as Partial<z.output<S>>;
}
