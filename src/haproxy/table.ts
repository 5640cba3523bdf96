/** One line of a table by the names of its columns. */
export type Columns = Readonly<Record<string, string>>;

/** `show stat`: CSV whose first line names the columns. Values with commas are quoted. */
export function parseCsv(text: string): readonly Columns[] {
  const [head = "", ...lines] = text.split("\n").filter((line) => line.trim() !== "");
  const names = splitCsv(head.replace(/^#\s*/, ""));
  return lines.map((line) => zip(names, splitCsv(line)));
}

/** `show servers state`: a version, a line that names the columns, then lines with blanks between values. */
export function parseTable(text: string): readonly Columns[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const at = lines.findIndex((line) => line.startsWith("#"));
  const names = (lines[at] ?? "").replace(/^#\s*/, "").split(/\s+/);
  return at < 0 ? [] : lines.slice(at + 1).map((line) => zip(names, line.split(" ")));
}

/** `show info`: `Key: value` lines. */
export function parseInfo(text: string): Columns {
  const pairs = text.split("\n").map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  return Object.fromEntries(pairs.filter(([key]) => key !== ""));
}

const zip = (names: readonly string[], values: readonly string[]): Columns =>
  Object.fromEntries(names.flatMap((name, index) => (name === "" ? [] : [[name, values[index] ?? ""]])));

function splitCsv(line: string): string[] {
  if (!line.includes('"')) return line.split(",");
  const values: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(?:,|$)/g))
    values.push(quoted?.replaceAll('""', '"') ?? plain ?? "");
  return values;
}
