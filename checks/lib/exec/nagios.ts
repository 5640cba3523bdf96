import type { Facts } from "../../../src/index.ts";

/** A Nagios plugin's output: its first line, and its performance data as facts `perf.LABEL`. */
export interface PluginOutput {
  readonly text: string;
  readonly facts: Facts;
}

/** More is not looked through: the pattern below takes quadratic time on hostile text. */
const LONGEST = 8192;
const DATUM = /(?:'((?:[^']|'')+)'|([^\s'=]+))=(-?\d+(?:\.\d+)?)([^;\s]*)/g;

/** Reads what a plugin printed: `text | perfdata`, then lines of long text, again with `|` before perfdata. */
export function parsePlugin(output: string): PluginOutput {
  const [first = "", ...rest] = output.split(/\r?\n/);
  const [text = "", ...perf] = first.split("|");
  const [, ...later] = rest.join("\n").split("|");
  return { text: text.trim(), facts: perfdata([...perf, ...later].join(" ")) };
}

function perfdata(text: string): Facts {
  const facts: Record<string, number> = {};
  for (const [, quoted, bare, value, unit] of text.slice(0, LONGEST).matchAll(DATUM)) {
    const label = (quoted ?? bare ?? "").replaceAll("''", "'");
    facts[`perf.${label}${unit === undefined || unit === "" ? "" : `[${unit}]`}`] = Number(value);
  }
  return facts;
}
