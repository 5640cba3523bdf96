import type { AgentPort, PoolSettings } from "../../config/settings.ts";
import type { RuntimeOptions } from "../../outlets/runtime/options.ts";
import type { Line, Section, ServerLine } from "./parse.ts";

/** One thing that does not fit: where, what, and how to mend it. A line that is missing is told where it belongs. */
export interface Finding {
  readonly line: number;
  readonly code: string;
  readonly text: string;
  readonly mend: string;
}

/** Where a line of the global section belongs. */
export const globalPlace = (sections: readonly Section[]): number =>
  sections.find(({ kind }) => kind === "global")?.line ?? 1;

/** What of checkd's configuration matters here. */
export interface LintSettings {
  readonly pools: readonly PoolSettings[];
  readonly ports: readonly AgentPort[];
  readonly sharedPorts: readonly number[];
}

/** A backend or listen section with all that holds in it, and the pool behind it when there is one. */
export interface Place {
  readonly section: Section;
  /** Its own lines behind those of its defaults. */
  readonly lines: readonly Line[];
  readonly servers: readonly ServerLine[];
  readonly pool: PoolSettings | null;
  readonly settings: LintSettings | null;
}

/** Collects findings about one line. */
export type Add = (code: string, text: string, mend: string) => void;

/** Findings about one server line, each beginning with its first name. */
export function aboutServer(server: ServerLine, find: (add: Add) => void): readonly Finding[] {
  const found: Finding[] = [];
  find((code, text, mend) => void found.push({ line: server.line, code, text: `${server.names[0]}: ${text}`, mend }));
  return found;
}

/** Options of a pool's runtime outlets. */
export const runtimesOf = (pool: PoolSettings): readonly RuntimeOptions[] =>
  pool.outlets.flatMap(({ kind, options }) => (kind.name === "runtime" ? [options as RuntimeOptions] : []));

/** The last line that begins with these words. */
export const lastLine = (lines: readonly Line[], ...words: readonly string[]): Line | undefined =>
  lines.findLast((line) => words.every((word, at) => line.words[at] === word));
