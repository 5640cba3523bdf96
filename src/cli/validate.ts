import { loadSettings } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { EXIT } from "./exit.ts";
import { plugins } from "./plugins.ts";
import { say } from "./say.ts";

/** Reads a configuration and everything it names; prints all problems on stderr. */
export async function validate(file: string): Promise<number> {
  const loaded = await loadSettings(file, plugins, process.env);
  if ("problems" in loaded) {
    for (const problem of loaded.problems) say("error", formatProblem(problem));
    return EXIT.usage;
  }
  for (const warning of loaded.settings.warnings) say("warn", warning);
  const { pools } = loaded.settings;
  const targets = pools.reduce((sum, pool) => sum + pool.targets.length, 0);
  process.stdout.write(`${file}: fine (${pools.length} pools, ${targets} listed targets)\n`);
  return EXIT.ok;
}
