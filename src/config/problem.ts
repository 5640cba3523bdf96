import type { Problem } from "./settings.ts";

/** `file:line:column: path: problem (hint)`; parts that there are none of are left out. */
export function formatProblem({ file, line, column, path, problem, hint }: Problem): string {
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  const where = path === "" ? place : `${place}: ${path}`;
  return hint === null ? `${where}: ${problem}` : `${where}: ${problem} (${hint})`;
}

/** In the order of the file, each one once. */
export function sortProblems(problems: readonly Problem[]): readonly Problem[] {
  const unique = new Map(problems.map((problem) => [formatProblem(problem), problem]));
  return [...unique.values()].sort((a, b) => a.line - b.line || a.column - b.column);
}
