import type { CommonOptions } from "./common.ts";

type Level = "debug" | "info" | "warn" | "error";

// As pino numbers them, so that lines of all programs are read alike.
const NUMBERS: Readonly<Record<string, number>> = { debug: 20, info: 30, warn: 40, error: 50, silent: 60 };

/** Makes log options those of the whole program, also of what it starts; the chunks of a built program share no variable. */
export function useLogOptions({ logLevel, logFormat }: Partial<CommonOptions>): void {
  if (logLevel !== undefined) process.env.CHECKD_LOG_LEVEL = logLevel;
  if (logFormat !== undefined) process.env.CHECKD_LOG_FORMAT = logFormat;
}

/** Says something on stderr: a line for people, an object a line with `--log-format json`, nothing below `--log-level`. */
export function say(level: Level, text: string): void {
  const { CHECKD_LOG_LEVEL: least = "info", CHECKD_LOG_FORMAT: format } = process.env;
  const number = NUMBERS[level] ?? 0;
  if (number < (NUMBERS[least] ?? 0)) return;
  const line = (msg: string): string =>
    format === "json" ? JSON.stringify({ level: number, time: Date.now(), msg }) : msg;
  process.stderr.write(`${text.split("\n").map(line).join("\n")}\n`);
}
