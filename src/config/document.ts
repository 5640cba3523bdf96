// YAML (JSON is YAML) with the place of everything in it.
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";

/** Keys and indexes from the top of the document. */
export type Path = readonly PropertyKey[];

/** 1-based; 0 where a value has no place in a file. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** What a document holds, where it is, and what is wrong with its writing. */
export interface Source {
  readonly value: unknown;
  readonly problems: readonly (Place & { readonly problem: string; readonly hint: string | null })[];
  /** Of a key where there is one, else of the nearest thing around it. */
  locate(path: Path): Place;
}

const NOWHERE: Place = { line: 0, column: 0 };

/** A value that was made by a program. */
export const valueSource = (value: unknown): Source => ({ value, problems: [], locate: () => NOWHERE });

/** Reads YAML 1.2 with merge keys; a key twice in one map is a problem. */
export function readDocument(text: string): Source {
  const lines = new LineCounter();
  const doc = parseDocument(text.replace(/^\uFEFF/, ""), {
    lineCounter: lines,
    prettyErrors: false,
    merge: true,
    logLevel: "error",
  });
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const wrong = [...doc.errors, ...doc.warnings];
  const problems = wrong.map((error) => ({ ...place(error.pos[0]), ...inWords(error) }));
  // What a parser says after its first stumble is about the stumble.
  const fatal = problems.find((_, i) => !MEANING_STAYS.has(wrong[i]?.code ?? ""));
  if (fatal !== undefined) return unread([fatal]);
  const dangling = danglingAliases(doc).map((alias) => ({
    ...place(start(alias) ?? 0),
    problem: `there is no anchor &${alias.source}`,
    hint: "an anchor stands above the aliases of it",
  }));
  if (dangling.length > 0) return unread([...problems, ...dangling]);
  try {
    return { value: doc.toJS({ maxAliasCount: 1000 }), problems, locate: (path) => locate(doc, path, place) };
  } catch (error) {
    // Aliases of aliases of aliases: a file that unfolds without end.
    return unread([{ ...place(0), problem: error instanceof Error ? error.message : String(error), hint: null }]);
  }
}

const unread = (problems: Source["problems"]): Source => ({ value: null, problems, locate: () => NOWHERE });

function danglingAliases(doc: Document.Parsed): readonly Alias[] {
  const found: Alias[] = [];
  visit(doc, {
    Alias: (_key, alias) => {
      if (alias.resolve(doc) === undefined) found.push(alias);
    },
  });
  return found;
}

/** The document can still be read, so that the rest of its problems is found too. */
const MEANING_STAYS: ReadonlySet<string> = new Set(["DUPLICATE_KEY", "TAG_RESOLVE_FAILED"]);

const inWords = ({ code, message }: YAMLError) => ({
  problem: WORDS[code] ?? message.replace(/\s+/g, " "),
  hint: HINTS[code] ?? null,
});

const WORDS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "this key stands twice in the same section",
  TAB_AS_INDENT: "a tab is no indentation in YAML",
  MULTIPLE_DOCS: "a second document begins here",
  TAG_RESOLVE_FAILED: "a YAML tag that has no meaning here",
};

const HINTS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "keep one of them",
  TAB_AS_INDENT: "indent with blanks",
  MULTIPLE_DOCS: "one file, one configuration: remove the ---",
  BAD_INDENT: "keys of one section begin in the same column",
  MISSING_CHAR: "a quote or bracket is not closed, or a comma is missing",
  BLOCK_AS_IMPLICIT_KEY: "a text with a colon needs quotes",
  BAD_SCALAR_START: "quote a text that begins with this character",
  UNEXPECTED_TOKEN: 'quote a text that holds { } [ ] or a comma, such as "${env:NAME}"',
};

type Places = (offset: number) => Place;

function locate(doc: Document.Parsed, path: Path, place: Places): Place {
  let node: unknown = doc.contents;
  let found = start(node) ?? 0;
  for (const key of path) {
    const inner = child(resolved(node, doc), String(key), doc);
    if (inner === null) break;
    found = inner.offset;
    node = inner.node;
  }
  return place(found);
}

function child(node: unknown, key: string, doc: Document.Parsed): { node: unknown; offset: number } | null {
  if (isSeq(node)) {
    const item = node.items[Number(key)];
    const offset = start(item);
    return offset === null ? null : { node: item, offset };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find((item) => keyOf(item) === key);
  if (pair !== undefined) return { node: pair.value, offset: start(pair.key) ?? 0 };
  return merged(node.items, key, doc);
}

/** The pair that `<<` brings in. */
function merged(items: readonly Pair[], key: string, doc: Document.Parsed): ReturnType<typeof child> {
  for (const item of items) {
    if (keyOf(item) !== "<<") continue;
    const from = resolved(item.value, doc);
    const found = (isSeq(from) ? from.items : [from]).map((one) => child(resolved(one, doc), key, doc));
    const first = found.find((one) => one !== null);
    if (first) return first;
  }
  return null;
}

const keyOf = (pair: Pair): string => String(isScalar(pair.key) ? (pair.key.source ?? pair.key.value) : pair.key);
const start = (node: unknown): number | null => (node as Node | null)?.range?.[0] ?? null;
const resolved = (node: unknown, doc: Document.Parsed): unknown => (isAlias(node) ? node.resolve(doc) : node);
