import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { importDbconf } from "../config/import/dbconf.ts";
import { importProxyzoo } from "../config/import/proxyzoo.ts";
import { importXinetd } from "../config/import/xinetd.ts";
import type { Imported } from "../config/import/yaml-text.ts";
import { allowedHint } from "../config/nearest.ts";
import { formatProblem } from "../config/problem.ts";
import type { Problem } from "../config/settings.ts";
import { EXIT, Exit } from "./exit.ts";
import { say } from "./say.ts";

type Result =
  | { readonly imported: Imported & { readonly files?: ReadonlyMap<string, string> } }
  | { readonly problems: readonly Problem[] };

const IMPORTS: Readonly<Record<string, (path: string) => Result>> = {
  xinetd: (path) => importXinetd(path),
  proxyzoo: (path) => importProxyzoo(path),
  dbconf: (path) => importDbconf(path, { tags: "all" }),
};

function write(folder: string, files: ReadonlyMap<string, string>): void {
  for (const [name, text] of files) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    say("info", `${resolve(file)} written`);
  }
}

/** Prints a checkd.yaml that does what an old setup did; with `out` writes it and the files beside it into that folder. */
export function importSetup(kind: string, path: string, out: string | undefined): number {
  const read = IMPORTS[kind];
  if (read === undefined)
    throw new Exit(EXIT.usage, `there is no import of ${kind} (${allowedHint(kind, Object.keys(IMPORTS))})`);
  const result = read(path);
  if ("problems" in result) {
    for (const problem of result.problems) say("error", formatProblem(problem));
    return EXIT.usage;
  }
  const { yaml, files } = result.imported;
  if (out === undefined) process.stdout.write(yaml);
  else write(out, new Map([["checkd.yaml", yaml], ...(files ?? [])]));
  return EXIT.ok;
}
