/** One line of a table by the names of its columns. */
export type Columns = Readonly<Record<string, string>>;

/** `show stat`: CSV whose first line names the columns, of which the `wanted` are kept. Values with commas are quoted. */
export function parseCsv(text: string, wanted: readonly string[]): readonly Columns[] {
  const [head = "", ...lines] = text.split("\n").filter((line) => line.trim() !== "");
  const pick = picker(splitCsv(head.replace(/^#\s*/, "")), wanted);
  return lines.map((line) => pick(splitCsv(line)));
}

/** `show servers state`: a version, a line that names the columns, then lines with blanks between values. */
export function parseTable(text: string, wanted: readonly string[]): readonly Columns[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const at = lines.findIndex((line) => line.startsWith("#"));
  if (at < 0) return [];
  const pick = picker((lines[at] ?? "").replace(/^#\s*/, "").split(/\s+/), wanted);
  return lines.slice(at + 1).map((line) => pick(line.split(" ")));
}

/** `show info`: the `wanted` of its `Key: value` lines. */
export function parseInfo(text: string, wanted: readonly string[]): Columns {
  const found: Record<string, string> = {};
  for (const key of wanted) {
    const head = `${key}: `;
    const from = text.startsWith(head) ? 0 : text.indexOf(`\n${head}`) + 1;
    if (from === 0 && !text.startsWith(head)) continue;
    const end = text.indexOf("\n", from);
    found[key] = text.slice(from + head.length, end < 0 ? text.length : end).trim();
  }
  return found;
}

/** Takes the wanted values out of a line; columns that this HAProxy does not have are left out. */
function picker(names: readonly string[], wanted: readonly string[]): (values: readonly string[]) => Columns {
  const places = wanted.map((name) => [name, names.indexOf(name)] as const).filter(([, at]) => at >= 0);
  return (values) => {
    const row: Record<string, string> = {};
    for (const [name, at] of places) row[name] = values[at] ?? "";
    return row;
  };
}

function splitCsv(line: string): string[] {
  if (!line.includes('"')) return line.split(",");
  const values: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g))
    values.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
  return values;
}
