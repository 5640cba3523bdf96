import { existsSync } from "node:fs";
import { loadSettings } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { Problem, RenderSettings } from "../config/settings.ts";
import { processClock } from "./environment.ts";
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
  const { pools, render, warnings } = loaded.settings;
  for (const warning of warnings) say("warn", warning);
  for (const { place, confdir } of render)
    if (!existsSync(confdir))
      say("warn", formatProblem({ ...place, problem: `there is no folder ${confdir} yet`, hint: null }));
  const faults = await faultsOf(render);
  for (const fault of faults) say("error", formatProblem(fault));
  if (faults.length > 0) return EXIT.usage;
  const targets = pools.reduce((sum, pool) => sum + pool.targets.length, 0);
  process.stdout.write(`${file}: fine (${pools.length} pools, ${targets} listed targets)\n`);
  return EXIT.ok;
}

/** Problems in the confd directories that it names; whoever has none need not load what renders them. */
async function faultsOf(render: readonly RenderSettings[]): Promise<readonly Problem[]> {
  if (render.length === 0) return [];
  const { renderFaults } = await import("./render-faults.ts");
  return render.flatMap((settings) => renderFaults(settings, processClock(say)));
}
