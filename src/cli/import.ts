import { importDbconf } from "../config/import/dbconf.ts";
import { importXinetd } from "../config/import/xinetd.ts";
import type { ImportResult } from "../config/import/yaml-text.ts";
import { formatProblem } from "../config/problem.ts";
import { EXIT } from "./exit.ts";

const IMPORTS: Readonly<Record<string, (path: string) => ImportResult>> = {
  xinetd: importXinetd,
  dbconf: (path) => importDbconf(path, { tags: "all" }),
};

/** Setups that can be taken over. */
export const importKinds = Object.keys(IMPORTS);

/** Prints a checkd.yaml that does what an old setup did. */
export function importSetup(kind: string, path: string): number {
  const result = IMPORTS[kind]?.(path);
  if (result === undefined) return EXIT.usage;
  if ("problems" in result) {
    for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`);
    return EXIT.usage;
  }
  process.stdout.write(result.imported.yaml);
  return EXIT.ok;
}
