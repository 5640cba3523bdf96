import { existsSync, readFileSync } from "node:fs";
import { loadSettings } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { describeError } from "../errors.ts";
import type { LintSettings } from "../haproxy/config/finding.ts";
import { lint as lintSections } from "../haproxy/config/lint.ts";
import { parseConfig } from "../haproxy/config/parse.ts";
import { DEFAULT_CONF } from "./common.ts";
import { EXIT, Exit } from "./exit.ts";
import { plugins } from "./plugins.ts";

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Exit(EXIT.usage, `${file} cannot be read: ${describeError(error)}`);
  }
}

async function settingsOf(conf: string | undefined): Promise<LintSettings | null> {
  if (conf === undefined && !existsSync(DEFAULT_CONF)) return null;
  const loaded = await loadSettings(conf ?? DEFAULT_CONF, plugins, process.env);
  if ("problems" in loaded) throw new Exit(EXIT.usage, loaded.problems.map(formatProblem).join("\n"));
  const { pools, agent } = loaded.settings;
  const sharedPorts = agent.listen.flatMap((text) => /:(\d+)$/.exec(text)?.[1] ?? []).map(Number);
  return { pools, ports: agent.ports, sharedPorts };
}

/** Compares haproxy.cfg with checkd.yaml; prints each finding with its line and its mend, exits 1 when there is any. */
export async function lint(haproxy: string, conf: string | undefined): Promise<number> {
  const findings = lintSections(parseConfig(textOf(haproxy)), await settingsOf(conf));
  for (const { line, code, text, mend } of findings)
    process.stdout.write(`${haproxy}:${line}: ${code}: ${text} (${mend})\n`);
  if (findings.length === 0) process.stdout.write(`${haproxy}: fine\n`);
  return findings.length === 0 ? EXIT.ok : EXIT.no;
}
