import { spread } from "./numbers.mjs";

const digits = (value) => (Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);
const shown = (value) => value.toFixed(digits(value));

/** A result that must be at most this. `values` are the rounds; their median is what counts. */
export const atMost = (what, values, goal, unit = "x", note = "") => {
  const all = spread(values);
  return { what, ...all, unit, goal: `<= ${goal}`, met: all.median <= goal, note };
};

/** A result that must be at least this. */
export const atLeast = (what, values, goal, unit = "x", note = "") => {
  const all = spread(values);
  return { what, ...all, unit, goal: `>= ${goal}`, met: all.median >= goal, note };
};

/** A result without a goal. */
export const seen = (what, values, unit, note = "") => ({ what, ...spread(values), unit, goal: "", met: null, note });

const result = ({ median, min, max, unit }) => {
  const of = unit === "x" ? "" : ` ${unit}`;
  return min === max ? `${shown(median)}${of}` : `${shown(median)} [${shown(min)}..${shown(max)}]${of}`;
};
const verdict = ({ met }) => (met === null ? "" : met ? "met" : "**missed**");

/** Markdown with a line a result, or one line of plain text. */
export function table(rows, { plain = false } = {}) {
  if (plain)
    return rows
      .map((row) => [row.what, result(row), row.goal, verdict(row), row.note].filter((text) => text !== "").join("  "))
      .join("\n");
  const lines = rows.map((row) => [row.bench, row.what, result(row), row.goal, verdict(row), row.note]);
  const head = ["bench", "what", "result", "goal", "", "note"];
  return [head, head.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
