import { INT64, named, type Type } from "../../gotemplate/type.ts";
import { Scalar, type Value } from "../../gotemplate/value.ts";

const UNITS: readonly (readonly [bigint, string])[] = [
  [1_000_000_000n, "s"],
  [1_000_000n, "ms"],
  [1_000n, "\u00c2\u00b5s"],
  [1n, "ns"],
];

function decimal(value: bigint, unit: bigint): string {
  const rest = (value % unit)
    .toString()
    .padStart(unit.toString().length - 1, "0")
    .replace(/0+$/, "");
  return `${value / unit}${unit === 1n || rest === "" ? "" : `.${rest}`}`;
}

/** Nanoseconds as Go shows them: `1h2m3.5s`. */
export function showDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const total = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  const [unit, name] = UNITS.find(([size]) => total >= size) ?? [1n, "ns"];
  if (name !== "s") return `${sign}${decimal(total, unit)}${name}`;
  const minutes = total / 60_000_000_000n;
  const seconds = `${decimal(total % 60_000_000_000n, unit)}s`;
  if (minutes === 0n) return sign + seconds;
  return minutes < 60n ? `${sign}${minutes}m${seconds}` : `${sign}${minutes / 60n}h${minutes % 60n}m${seconds}`;
}

function nanosecondsOf(value: Value): bigint {
  return value instanceof Scalar && typeof value.value === "bigint" ? value.value : 0n;
}

/** The type of spans of time. */
export const DURATION: Type = named("time.Duration", INT64, { text: (self) => showDuration(nanosecondsOf(self)) });

/** The argument of a Duration parameter, in nanoseconds. */
export function asDuration(value: Value): bigint {
  return nanosecondsOf(value);
}
