/** How cells are coloured where a person looks. */
export type Paint = (text: string, colour: Colour) => string;

/** Colours by what they mean. */
export type Colour = "good" | "soft" | "bad" | "dim" | "bold" | "plain";

const CODES: Readonly<Record<Colour, string>> = {
  good: "32",
  soft: "33",
  bad: "31",
  dim: "2",
  bold: "1",
  plain: "",
};

/** Colours on a terminal, none in a pipe or with NO_COLOR. */
export const paintFor = (isTerminal: boolean, env: NodeJS.ProcessEnv): Paint =>
  isTerminal && (env.NO_COLOR ?? "") === ""
    ? (text, colour) => (CODES[colour] === "" || text === "" ? text : `\u001b[${CODES[colour]}m${text}\u001b[0m`)
    : (text) => text;

/** One cell; what is too long for the line is cut in the last column only. */
export interface Cell {
  readonly text: string;
  readonly colour?: Colour;
}

/** Rows with aligned columns; lines are cut at `width` where one is given. */
export function table(rows: readonly (readonly Cell[])[], paint: Paint, width: number | null): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, { text }] of row.entries())
      if (column < row.length - 1) widths[column] = Math.max(widths[column] ?? 0, text.length);
  return rows.map((row) => `${lineOf(row, widths, paint, width)}\n`).join("");
}

function lineOf(row: readonly Cell[], widths: readonly number[], paint: Paint, width: number | null): string {
  let used = 0;
  const cells = row.map(({ text, colour = "plain" }, column) => {
    const isLast = column === row.length - 1;
    const room = width === null ? text.length : Math.max(1, width - used);
    const shown = isLast && text.length > room ? `${text.slice(0, room - 1)}…` : text;
    const padding = isLast ? "" : " ".repeat(Math.max(0, (widths[column] ?? 0) - text.length));
    used += shown.length + padding.length + 2;
    return paint(shown, colour) + padding;
  });
  return cells.join("  ").trimEnd();
}
