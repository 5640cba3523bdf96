// db.conf of checkmysqlslave -> a configuration that does what that tool did.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describeError } from "../../errors.ts";
import { allowedHint } from "../nearest.ts";
import { sortProblems } from "../problem.ts";
import type { Problem } from "../settings.ts";
import { type Dbconf, type DbconfSection, readDbconf } from "./dbconf-file.ts";
import { type ImportResult, yamlText } from "./yaml-text.ts";

/** What the old tool took from its command line. */
export interface DbconfOptions {
  /** Sections to take; `all` of the file. */
  readonly tags: readonly string[] | "all";
  /** Options of the Consul registry as they shall stand in the configuration; the driver's defaults where left out. */
  readonly consul?: { readonly address?: string; readonly token?: string };
  /** Time between two rounds; 1s as in the old tool. */
  readonly every?: string;
  /** Largest lag of a fit slave; without it any known lag is. */
  readonly maxLag?: string;
  /** How the slaves of the primary are found. */
  readonly discover?: "hosts" | "processlist";
}

const REGISTRY = "consul";
const PREFIX = "haproxy/mysqlslave";
/** The old tool looked at no lag: known was enough. */
const ANY_LAG = "365d";

/** Reads db.conf; the password stays there, the configuration refers to it. */
export function importDbconf(path: string, options: DbconfOptions): ImportResult {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    return { problems: [{ ...nowhere(path), problem: `cannot be read: ${describeError(error)}`, hint: null }] };
  }
  return importDbconfText(text, path, options);
}

/** The same of text; `path` is where it came from. */
export function importDbconfText(text: string, path: string, options: DbconfOptions): ImportResult {
  const read = readDbconf(text, path);
  const tags = options.tags === "all" ? [...read.sections.keys()] : options.tags;
  const problems = [...concerning(read, options), ...missing(read, tags, path)];
  if (problems.length === 0 && tags.length === 0)
    problems.push({
      ...nowhere(path),
      problem: "has no section",
      hint: "write [slave3301] with host, port, user and password",
    });
  if (problems.length > 0) return { problems: sortProblems(problems) };
  const config = configOf(read, tags, path, options);
  const heading = [
    `From ${path}, for checkd run --conf. What checkmysqlslave did:`,
    "each tag's key in Consul names a healthy slave of the primary, and the primary itself while there is none.",
    `Passwords stay in ${path}.`,
  ];
  const comments = tags.map((tag) => ({
    path: ["pools", tag, "check", "max_lag"],
    text: "The old tool wanted lag to be known, not small: lower it to leave late slaves out.",
  }));
  return {
    imported: {
      config,
      // The program of old needs no text, and starts sooner without.
      get yaml() {
        return yamlText(config, heading, options.maxLag === undefined ? comments : []);
      },
    },
  };
}

function configOf(read: Dbconf, tags: readonly string[], path: string, options: DbconfOptions) {
  const pools = tags.map((tag) => {
    const section = read.sections.get(tag);
    return section === undefined ? [] : [[tag, poolOf(tag, section, path, options)] as const];
  });
  return {
    registries: { [REGISTRY]: { driver: "consul", ...options.consul } },
    pools: Object.fromEntries(pools.flat()),
  };
}

/** The slaves of the primary, and the server that the key names: whoever wrote it, it stays while it is healthy. */
function poolOf(tag: string, section: DbconfSection, path: string, options: DbconfOptions): object {
  // Not its database: nothing is read from one, and a grant or schema that is missing there makes no slave unfit.
  const { user, password, host, port } = section;
  const key = `${PREFIX}/${tag}`;
  const primary = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return {
    check: {
      type: "mysql-replica",
      user,
      ...(password === null ? {} : { password: `\${dbconf:${resolve(path)}#${tag}}` }),
      max_lag: options.maxLag ?? ANY_LAG,
      every: options.every ?? "1s",
    },
    source: [
      { type: "mysql", primary, ...(options.discover === undefined ? {} : { discover: options.discover }) },
      { type: "registry", registry: REGISTRY, path: key },
    ],
    when_none_fit: "none",
    fallback: "primary",
    publish: { registry: REGISTRY, layout: "current", key, proxyport: "+10050" },
  };
}

/** Other tags' problems do not stop the one that is asked for, as they did not in the old tool. */
function concerning({ problems }: Dbconf, { tags }: DbconfOptions): Problem[] {
  if (tags === "all") return [...problems];
  return problems.filter(({ path }) => path === "" || tags.some((tag) => path === tag || path.startsWith(`${tag}.`)));
}

function missing({ sections, problems }: Dbconf, tags: readonly string[], path: string): readonly Problem[] {
  const reported = (tag: string): boolean =>
    problems.some((found) => found.path === tag || found.path.startsWith(`${tag}.`));
  return tags
    .filter((tag) => !sections.has(tag) && !reported(tag))
    .map((tag) => ({
      ...nowhere(path),
      problem: `there is no section [${tag}]`,
      hint: allowedHint(tag, sections.keys()),
    }));
}

const nowhere = (file: string) => ({ file, line: 0, column: 0, path: "" });
