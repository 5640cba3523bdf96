// db.conf of the old tools: INI, one section a tag. The reader is strict where a slip would be silent, and takes
// values as they stand: a `#` or `;` inside a value belongs to it, because passwords hold them.
import { allowedHint } from "../nearest.ts";
import type { Problem } from "../settings.ts";

/** A section of db.conf; unknown keys are left out quietly, as in the old tool. */
export interface DbconfSection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
}

/** Every section that is right, every problem that there is. */
export interface Dbconf {
  readonly sections: ReadonlyMap<string, DbconfSection>;
  readonly problems: readonly Problem[];
}

interface Value {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}
interface Raw {
  readonly line: number;
  readonly values: Map<string, Value>;
}
type Report = (line: number, column: number, path: string, problem: string, hint?: string) => void;

const KEYS = ["host", "port", "user", "password", "database", "default-character-set"];

/** Reads db.conf; `file` only names it in problems. */
export function readDbconf(text: string, file: string): Dbconf {
  const problems: Problem[] = [];
  const report: Report = (line, column, path, problem, hint) =>
    problems.push({ file, line, column, path, problem, hint: hint ?? null });
  const sections = new Map<string, DbconfSection>();
  for (const [name, raw] of readSections(text, report)) {
    const section = checkSection(name, raw, report);
    if (section !== null) sections.set(name, section);
  }
  return { sections, problems };
}

const HEADER = /^\[\s*([^\]]*?)\s*\]\s*(?:[#;].*)?$/;

function readSections(text: string, report: Report): ReadonlyMap<string, Raw> {
  const sections = new Map<string, Raw>();
  let current: { readonly name: string; readonly raw: Raw } | null = null;
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (const [index, written] of lines.entries()) {
    const line = index + 1;
    const trimmed = written.trim();
    if (trimmed === "" || /^[#;]/.test(trimmed)) continue;
    const column = written.search(/\S/) + 1;
    const header = HEADER.exec(trimmed);
    if (header === null) {
      const read = readLine(trimmed, current);
      if (!Array.isArray(read)) report(line, column, read.path, read.problem, read.hint);
      else current?.raw.values.set(read[0], { text: read[1], line, column });
      continue;
    }
    const name = header[1] ?? "";
    const raw: Raw = { line, values: new Map() };
    current = { name, raw };
    const first = sections.get(name);
    if (first === undefined) sections.set(name, raw);
    else report(line, column, name, `section [${name}] stands twice`, `the first is in line ${first.line}`);
  }
  return sections;
}

type Wrong = { readonly path: string; readonly problem: string; readonly hint?: string };

function readLine(
  trimmed: string,
  section: { readonly name: string; readonly raw: Raw } | null,
): Wrong | [string, string] {
  if (trimmed.startsWith("[")) return { path: "", problem: "a section is not closed", hint: "write [slave3301]" };
  const [, key, text] = /^([^=]*?)\s*=\s*(.*)$/.exec(trimmed) ?? [];
  if (key === undefined || key === "" || text === undefined)
    return { path: section?.name ?? "", problem: "this line is neither [section] nor key = value" };
  if (section === null)
    return { path: "", problem: `"${key}" stands before the first section`, hint: "write [slave3301] above it" };
  const path = `${section.name}.${key}`;
  const first = section.raw.values.get(key);
  if (first !== undefined) return { path, problem: "stands twice", hint: `the first is in line ${first.line}` };
  const value = unquote(text);
  return value === null ? { path, problem: "the quote is not closed" } : [key, value];
}

/** Without the quotes around the whole value; null when one is not closed. */
function unquote(text: string): string | null {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") return text;
  if (text.length > 1 && text.endsWith(quote)) return text.slice(1, -1);
  return text.indexOf(quote, 1) === -1 ? null : text;
}

function checkSection(name: string, raw: Raw, report: Report): DbconfSection | null {
  if (name === "" || /[\s/#}\p{Cc}]/u.test(name)) {
    report(raw.line, 1, name, `"${name}" is no tag`, "no blank, slash, # or } in it");
    return null;
  }
  const text = (key: string): string | null => raw.values.get(key)?.text ?? null;
  const required = (key: string): string | null => {
    const value = text(key);
    if (value !== null && value !== "") return value;
    const close = [...raw.values.keys()].filter((other) => !KEYS.includes(other));
    const hint = close.length === 0 ? undefined : meant(key, close);
    report(raw.values.get(key)?.line ?? raw.line, 1, `${name}.${key}`, "is missing", hint);
    return null;
  };
  const host = required("host");
  const port = checkPort(name, required("port"), raw, report);
  const user = required("user");
  if (host === null || port === null || user === null) return null;
  return { host, port, user, password: text("password") };
}

function meant(key: string, unknown: readonly string[]): string | undefined {
  const written = unknown.find((word) => allowedHint(word, [key]).startsWith("did you mean"));
  return written === undefined ? undefined : `there is "${written}"`;
}

function checkPort(name: string, text: string | null, raw: Raw, report: Report): number | null {
  if (text === null) return null;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65535) return port;
  const { line, column } = raw.values.get("port") ?? { line: raw.line, column: 1 };
  const hint = /[#;]/.test(text) ? "a comment stands on a line of its own" : "a number from 1 to 65535";
  report(line, column, `${name}.port`, `"${text}" is no port`, hint);
  return null;
}
