// The files of xinetd: `service NAME { attribute = values }`, `defaults`, `include`, `includedir`.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describeError } from "../../errors.ts";
import { allowedHint } from "../nearest.ts";
import type { Problem } from "../settings.ts";

/** A service with its attributes, those of `defaults` merged in. */
export interface XinetdService {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

/** All services of a file or folder, and everything that could not be read. */
export interface Xinetd {
  readonly services: readonly XinetdService[];
  readonly problems: readonly Problem[];
}

type Operator = "=" | "+=" | "-=";
interface Assignment {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}
interface Section {
  readonly name: string | null;
  readonly file: string;
  readonly line: number;
  readonly assignments: Assignment[];
}
interface Reading {
  readonly sections: Section[];
  readonly problems: Problem[];
  readonly seen: Set<string>;
}

const KNOWN = [
  ...[
    "id",
    "type",
    "flags",
    "disable",
    "socket_type",
    "protocol",
    "wait",
    "user",
    "group",
    "instances",
    "nice",
    "server",
  ],
  ...[
    "server_args",
    "libwrap",
    "only_from",
    "no_access",
    "access_times",
    "log_type",
    "log_on_success",
    "log_on_failure",
  ],
  ...[
    "rpc_version",
    "rpc_number",
    "env",
    "passenv",
    "port",
    "redirect",
    "bind",
    "interface",
    "banner",
    "banner_success",
  ],
  ...["banner_fail", "per_source", "cps", "max_load", "groups", "mdns", "umask", "enabled", "disabled", "deny_time"],
  ...["rlimit_as", "rlimit_files", "rlimit_cpu", "rlimit_data", "rlimit_rss", "rlimit_stack", "v6only"],
];

/** Reads a file, or all files of a folder that xinetd would read. */
export function readXinetd(path: string): Xinetd {
  const reading: Reading = { sections: [], problems: [], seen: new Set() };
  readPath(path, reading);
  const defaults = reading.sections.filter(({ name }) => name === null).flatMap(({ assignments }) => assignments);
  const services = reading.sections.flatMap(({ name, file, line, assignments }) =>
    name === null ? [] : [{ name, file, line, attributes: merge([...defaults, ...assignments]) }],
  );
  return { services, problems: reading.problems };
}

function readPath(path: string, reading: Reading): void {
  const file = resolve(path);
  if (reading.seen.has(file)) return;
  reading.seen.add(file);
  try {
    if (!statSync(path).isDirectory()) {
      readText(readFileSync(path, "utf8"), path, reading);
      return;
    }
    // xinetd(8): names with a dot or a tilde at the end are left out.
    const names = readdirSync(path).filter((name) => !name.includes(".") && !name.endsWith("~"));
    for (const name of names.sort()) readPath(join(path, name), reading);
  } catch (error) {
    const problem = `cannot be read: ${describeError(error)}`;
    reading.problems.push({ file: path, line: 0, column: 0, path: "", problem, hint: null });
  }
}

function readText(text: string, file: string, reading: Reading): void {
  let section: Section | null = null;
  let inside = false;
  const report = (line: number, problem: string, hint: string, path = ""): void => {
    reading.problems.push({ file, line, column: 1, path, problem, hint });
  };
  for (const [index, written] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    const line = index + 1;
    const trimmed = written.trim();
    if (trimmed === "" || trimmed.startsWith("#")) continue;
    if (section !== null && inside && trimmed === "}") section = null;
    else if (section !== null && inside) readAttribute(trimmed, section, (...wrong) => report(line, ...wrong));
    else if (section !== null && trimmed === "{") inside = true;
    else {
      const head = readHead(trimmed, file, line, reading);
      if (head === null)
        report(line, `"${trimmed}" is nothing xinetd knows here`, "service NAME, defaults, include or includedir");
      section = head?.section ?? null;
      inside = head?.opens ?? false;
      if (section !== null) reading.sections.push(section);
    }
  }
  if (section !== null)
    report(section.line, "the section is not closed", "write } on a line of its own", section.name ?? "defaults");
}

type Head = { readonly section: Section | null; readonly opens: boolean };

function readHead(trimmed: string, file: string, line: number, reading: Reading): Head | null {
  const [, word, rest = "", brace] = /^(\w+)(?:\s+([^{]*?))?\s*(\{)?$/.exec(trimmed) ?? [];
  const section = (name: string | null): Head => ({
    section: { name, file, line, assignments: [] },
    opens: brace !== undefined,
  });
  if (word === "defaults" && rest === "") return section(null);
  if (word === "service" && rest !== "") return section(rest);
  if ((word === "include" || word === "includedir") && rest !== "" && brace === undefined) {
    readPath(resolve(dirname(file), rest), reading);
    return { section: null, opens: false };
  }
  return null;
}

function readAttribute(
  trimmed: string,
  section: Section,
  report: (problem: string, hint: string, path: string) => void,
): void {
  const [, key, operator, values = ""] = /^(\w+)\s*(=|\+=|-=)\s*(.*)$/.exec(trimmed) ?? [];
  const path = section.name ?? "defaults";
  if (key === undefined || !isOperator(operator)) report(`"${trimmed}" is no attribute`, "write name = value", path);
  else if (!KNOWN.includes(key)) report(`unknown attribute "${key}"`, allowedHint(key, KNOWN), path);
  else section.assignments.push({ key, operator, values: values.split(/\s+/).filter((value) => value !== "") });
}

const isOperator = (text: string | undefined): text is Operator => text === "=" || text === "+=" || text === "-=";

function merge(assignments: readonly Assignment[]): ReadonlyMap<string, readonly string[]> {
  const merged = new Map<string, readonly string[]>();
  for (const { key, operator, values } of assignments) {
    const before = operator === "=" ? [] : (merged.get(key) ?? []);
    merged.set(key, operator === "-=" ? before.filter((value) => !values.includes(value)) : [...before, ...values]);
  }
  return merged;
}
