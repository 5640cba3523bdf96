import { OwnFault, type Target } from "../../../src/index.ts";
import { fill } from "../fill.ts";
import type { ExecOptions } from "./options.ts";

/** What a program may need of our own environment; the rest may hold secrets of ours. */
const INHERITED = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR"];

/** The environment of a target's program: ours in part, HAProxy's external-check names, then the given ones. */
export function environmentOf(options: ExecOptions, target: Target): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of INHERITED) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  env.HAPROXY_SERVER_NAME = target.name;
  env.HAPROXY_SERVER_ADDR = target.host;
  env.HAPROXY_SERVER_PORT = String(target.port);
  for (const [name, value] of Object.entries(options.env)) env[name] = fill(value.reveal(), target);
  return env;
}

/** Arguments of a target. A discovered name must not turn into a switch of the program. */
export function argumentsOf(options: ExecOptions, target: Target): readonly string[] {
  return options.argv.map((template) => {
    const filled = fill(template, target);
    if (filled.startsWith("-") && !template.startsWith("-")) {
      throw new OwnFault(`"${filled}" from the target's name or address would be a switch of the program`);
    }
    return filled;
  });
}
