// As much of haproxy.cfg as lint needs: sections, servers and their words, with line numbers.

/** A section such as `backend web`; lines keep their place. */
export interface Section {
  readonly kind: string;
  readonly name: string;
  /** Name of the `defaults` section that it takes over; null: the last one before it. */
  readonly from: string | null;
  readonly line: number;
  readonly lines: readonly Line[];
}

/** One line, split into words as HAProxy does. */
export interface Line {
  readonly line: number;
  readonly words: readonly string[];
}

/** A `server` or `server-template` line. */
export interface ServerLine {
  readonly line: number;
  readonly names: readonly string[];
  readonly address: string;
  readonly words: readonly string[];
  /** Words of `default-server` lines before it. */
  readonly defaults: readonly string[];
}

const SECTIONS =
  /^(global|defaults|frontend|backend|listen|peers|resolvers|userlist|mailers|cache|program|http-errors|ring|fcgi-app|log-forward)$/;

/** Words of a line: quotes, escapes and comments as in HAProxy's configuration manual, section 2.2. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? "";
    if (quote === "'" && char !== "'") word = (word ?? "") + char;
    else if (char === "\\" && at + 1 < text.length) {
      at += 1;
      const escaped = text[at] ?? "";
      word = (word ?? "") + ({ n: "\n", r: "\r", t: "\t" }[escaped] ?? escaped);
    } else if ((char === '"' || char === "'") && (quote === "" || quote === char)) {
      quote = quote === "" ? char : "";
      word ??= "";
    } else if (quote === "" && char === "#") break;
    else if (quote === "" && /\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + char;
  }
  if (word !== null) words.push(word);
  return words;
}

/** Sections of a configuration, in order. */
export function parseConfig(text: string): readonly Section[] {
  const sections: (Section & { readonly lines: Line[] })[] = [];
  for (const [index, content] of text.split("\n").entries()) {
    const words = splitWords(content);
    const [first = ""] = words;
    if (first === "") continue;
    if (SECTIONS.test(first)) sections.push({ kind: first, ...namedBy(words), line: index + 1, lines: [] });
    else sections.at(-1)?.lines.push({ line: index + 1, words });
  }
  return sections;
}

function namedBy([, second = "", ...rest]: readonly string[]): Pick<Section, "name" | "from"> {
  const from = second === "from" ? rest[0] : rest[rest.indexOf("from") + 1];
  const inherits = second === "from" || rest.includes("from");
  return { name: second === "from" ? "" : second, from: inherits ? (from ?? null) : null };
}

function namesOf(words: readonly string[]): {
  readonly names: readonly string[];
  readonly address: string;
  readonly rest: readonly string[];
} {
  const [kind, name = "", second = "", third = "", ...others] = words;
  if (kind !== "server-template")
    return { names: [name], address: second, rest: [third, ...others].filter((word) => word !== "") };
  const [from = "1", to] = second.includes("-") ? second.split("-") : ["1", second];
  const count = Math.min(10_000, Math.max(0, Number(to) - Number(from) + 1));
  return {
    names: Array.from({ length: count }, (_, index) => `${name}${Number(from) + index}`),
    address: third,
    rest: others,
  };
}

/** Servers of a section with the defaults that hold for each; `inherited`: lines of its `defaults` section. */
export function serversIn(section: Section, inherited: readonly Line[] = []): readonly ServerLine[] {
  const servers: ServerLine[] = [];
  let defaults: readonly string[] = [];
  for (const { line, words } of [...inherited, ...section.lines]) {
    if (words[0] === "default-server") defaults = [...defaults, ...words.slice(1)];
    if (words[0] !== "server" && words[0] !== "server-template") continue;
    const { names, address, rest } = namesOf(words);
    servers.push({ line, names, address, words: rest, defaults });
  }
  return servers;
}

/** The value behind a word of a server, its own before the defaults'; null without one. */
export function wordAfter(server: ServerLine, word: string): string | null {
  for (const words of [server.words, server.defaults]) {
    const at = words.lastIndexOf(word);
    if (at >= 0) return words[at + 1] ?? "";
  }
  return null;
}

/** Whether a server has a word without value. */
export const has = (server: ServerLine, word: string): boolean =>
  server.words.includes(word) || (server.defaults.includes(word) && !server.words.includes(`no-${word}`));

/** `agent-inter` and its like in milliseconds; HAProxy's bare numbers are milliseconds. */
export function haproxyMs(text: string): number | null {
  const [, digits, unit] = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text) ?? [];
  if (digits === undefined) return null;
  const factor: Readonly<Record<string, number>> = {
    us: 0.001,
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
  };
  return Number(digits) * (factor[unit ?? "ms"] ?? 1);
}
