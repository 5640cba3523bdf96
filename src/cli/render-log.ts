import { hostname } from "node:os";
import type { RenderLog } from "../render/log.ts";

const ORDER = ["silent", "panic", "fatal", "error", "warning", "info", "debug"] as const;
type Level = (typeof ORDER)[number];

/** A level by its word, as confd takes it; null for another word. */
export function levelOf(word: string): Level | null {
  const text = word.toLowerCase();
  if (text === "") return "info";
  return ORDER.find((level) => level === (text === "warn" ? "warning" : text)) ?? null;
}

/** The log of `checkd render`. */
export interface RenderLogger {
  readonly log: RenderLog;
  /** What ends the program. */
  fatal(text: string): void;
}

const two = (value: number): string => String(value).padStart(2, "0");

/** `2026-01-02T03:04:05+08:00`: local time, as RFC 3339 has it. */
export function rfc3339(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
  const offset = -time.getTimezoneOffset();
  if (offset === 0) return `${local}Z`;
  const minutes = Math.abs(offset);
  return `${local}${offset < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

const oneLine = (text: string): string => text.replace(/[\r\n]+/g, " ");

/** Writes confd's lines, or a JSON object a line, to `write`. */
export function openRenderLog(level: Level, format: "text" | "json", write: (line: string) => void): RenderLogger {
  const host = hostname();
  const line = (name: Level, text: string): string => {
    const time = new Date();
    if (format === "json") return `${JSON.stringify({ level: name, time: time.toISOString(), msg: text })}\n`;
    return `${rfc3339(time)} ${host} checkd[${process.pid}]: ${name.toUpperCase()} ${oneLine(text)}\n`;
  };
  const say = (name: Level, text: string): void => {
    if (ORDER.indexOf(name) <= ORDER.indexOf(level)) write(line(name, text));
  };
  return { log: say, fatal: (text) => say("fatal", text) };
}
