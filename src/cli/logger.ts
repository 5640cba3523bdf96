import type { Log } from "../contract.ts";
import { stderrSink } from "./log-sink.ts";

/** What the log options of every program come to. */
export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error" | "silent";
  readonly format: "text" | "json";
}

const NAMES: Readonly<Record<number, string>> = { 20: "DEBUG", 30: "INFO", 40: "WARN", 50: "ERROR" };

/** `2026-01-02T03:04:05.678Z INFO text key=value`: one line, whatever the values hold. */
function textLine(json: string): string {
  const { level, time, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(value)}`);
  return `${new Date(Number(time)).toISOString()} ${NAMES[Number(level)] ?? "INFO"} ${oneLine(String(msg))}${rest.join("")}\n`;
}

const oneLine = (text: string): string => text.replace(/[\u0000-\u001f\u007f]+/g, " ");

function quoted(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return /^[^\s"=]+$/.test(text) ? text : JSON.stringify(oneLine(text));
}

/** A log on stderr: stdout is for answers. pino is loaded here and nowhere else. */
export async function openLog(options: LogOptions): Promise<Log> {
  const { pino } = await import("pino");
  const sink = stderrSink((lost) => logger.warn(`${lost} log lines were lost: stderr took no more`));
  const write = options.format === "json" ? sink.write : (line: string) => sink.write(textLine(line));
  const logger = pino({ level: options.level, base: null }, { write });
  return (level, text, fields) => (fields === undefined ? logger[level](text) : logger[level](fields, text));
}
