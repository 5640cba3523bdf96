import { type Civil, MONTHS, WEEKDAYS } from "./civil.ts";
import type { Zone } from "./zone.ts";

// The parts of Go's reference time, in the order in which they are tried: the longer one first where one begins another.
const PARTS =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|002|_2006|_2|01|02|03|04|05|06|15|PM|pm|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,](?:0+|9+)(?![0-9])|[1-5]/g;

function two(value: number): string {
  return value.toString().padStart(2, "0");
}

function hour12(hour: number): number {
  return hour % 12 === 0 ? 12 : hour % 12;
}

const FIELDS: ReadonlyMap<string, (at: Civil) => string> = new Map([
  ["January", (at) => MONTHS[at.month - 1] ?? ""],
  ["Jan", (at) => (MONTHS[at.month - 1] ?? "").slice(0, 3)],
  ["Monday", (at) => WEEKDAYS[at.weekday] ?? ""],
  ["Mon", (at) => (WEEKDAYS[at.weekday] ?? "").slice(0, 3)],
  ["2006", (at) => at.year.toString().padStart(4, "0")],
  ["_2006", (at) => `_${at.year.toString().padStart(4, "0")}`],
  ["06", (at) => two(at.year % 100)],
  ["01", (at) => two(at.month)],
  ["1", (at) => String(at.month)],
  ["02", (at) => two(at.day)],
  ["_2", (at) => String(at.day).padStart(2)],
  ["2", (at) => String(at.day)],
  ["002", (at) => at.yearDay.toString().padStart(3, "0")],
  ["__2", (at) => at.yearDay.toString().padStart(3)],
  ["15", (at) => two(at.hour)],
  ["03", (at) => two(hour12(at.hour))],
  ["3", (at) => String(hour12(at.hour))],
  ["04", (at) => two(at.minute)],
  ["4", (at) => String(at.minute)],
  ["05", (at) => two(at.second)],
  ["5", (at) => String(at.second)],
  ["PM", (at) => (at.hour >= 12 ? "PM" : "AM")],
  ["pm", (at) => (at.hour >= 12 ? "pm" : "am")],
]);

function fraction(part: string, nanosecond: number): string {
  const digits = nanosecond
    .toString()
    .padStart(9, "0")
    .slice(0, part.length - 1)
    .padEnd(part.length - 1, "0");
  if (part[1] === "0") return `${part[0]}${digits}`;
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? "" : `${part[0]}${kept}`;
}

function offset(part: string, seconds: number): string {
  if (part.startsWith("Z") && seconds === 0) return "Z";
  const total = Math.abs(seconds);
  const fields = [Math.trunc(total / 3600), Math.trunc(total / 60) % 60, total % 60].map(two);
  const count = Math.trunc((part.replaceAll(":", "").length - 1) / 2);
  return (seconds < 0 ? "-" : "+") + fields.slice(0, count).join(part.includes(":") ? ":" : "");
}

/** A moment in the form of a layout that shows Go's reference time, `Mon Jan 2 15:04:05 MST 2006`. */
export function formatTime(layout: string, at: Civil, zone: Zone): string {
  return layout.replace(PARTS, (part) => {
    const field = FIELDS.get(part);
    if (field !== undefined) return field(at);
    if (part === "MST") return zone.name;
    return /^[.,]/.test(part) ? fraction(part, at.nanosecond) : offset(part, zone.offset);
  });
}
