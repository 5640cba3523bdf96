import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../core/duration.ts";
import type { LogOptions } from "./logger.ts";

export const DEFAULT_CONF = "/etc/checkd/checkd.yaml";

/** The package's own; a built program is a file of `dist` or of its chunks, a folder deeper. */
function quickstart(): string {
  const paths = ["../conf/quickstart.yaml", "../../conf/quickstart.yaml"];
  const files = paths.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return files.find((file) => existsSync(file)) ?? DEFAULT_CONF;
}

/** The options that every program has. */
export interface CommonOptions {
  readonly logLevel: LogOptions["level"];
  readonly logFormat: LogOptions["format"];
}

/** Adds `--log-level` and `--log-format`, also as CHECKD_LOG_LEVEL and CHECKD_LOG_FORMAT. */
export function withLogOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--log-level <level>", "least level of log lines on stderr")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("info")
        .env("CHECKD_LOG_LEVEL"),
    )
    .addOption(
      new Option("--log-format <format>", "log lines for people or for machines")
        .choices(["text", "json"])
        .default("text")
        .env("CHECKD_LOG_FORMAT"),
    );
}

/** `--conf FILE`, also as CHECKD_CONF. */
export const confOption = (): Option =>
  new Option("--conf <file>", `configuration file (default: ${DEFAULT_CONF})`).env("CHECKD_CONF");

/** The file that was asked for, else the standard one, else the quickstart of the package. */
export function confFile(asked: string | undefined): string {
  // An empty variable is how a shell says "none".
  if (asked !== undefined && asked !== "") return asked;
  return existsSync(DEFAULT_CONF) ? DEFAULT_CONF : quickstart();
}

/** commander's parser of a duration option; gives milliseconds. */
export function durationArgument(text: string): number {
  const ms = parseDuration(text);
  if (ms === null) throw new InvalidArgumentError("write 500ms, 2s, 1m or 1h");
  return ms;
}

/** commander's collector of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] | undefined): string[] => [...(before ?? []), value];
