import type { Target } from "../../../src/index.ts";
import { fill } from "../fill.ts";
import { finder } from "../pattern.ts";
import { quoted } from "../reason.ts";
import type { Answer } from "./answer.ts";
import { textOf } from "./body.ts";
import { parsePath, valueAt } from "./json-path.ts";
import type { HttpOptions } from "./options.ts";
import { type StatusRange, statusWords, within } from "./status.ts";

/** What is expected of an answer of one target. */
export interface Expected {
  /** null: any. */
  readonly status: readonly StatusRange[] | null;
  readonly contains: readonly string[];
  readonly notContains: readonly string[];
  readonly pattern: { readonly words: string; found(text: string): boolean } | null;
  readonly json: readonly { readonly path: string; readonly steps: readonly string[]; readonly value: unknown }[];
}

const SUCCESS: readonly StatusRange[] = [[200, 299]];

/** The expectations that options state, for each target; patterns and paths are read once. */
export function expectations(options: HttpOptions): (target: Target) => Expected {
  const pattern =
    options.matches === undefined ? null : { words: `/${options.matches}/`, found: finder(options.matches) };
  const json = Object.entries(options.json).map(([path, value]) => ({ path, steps: parsePath(path) ?? [], value }));
  return (target) => ({
    status: options.any_status ? null : (options.status ?? SUCCESS),
    contains: options.contains.map((text) => fill(text, target)),
    notContains: options.not_contains.map((text) => fill(text, target)),
    pattern,
    json: json.map((each) => (typeof each.value === "string" ? { ...each, value: fill(each.value, target) } : each)),
  });
}

/** What is wrong with an answer, or null when it is as expected. */
export function complaint(expected: Expected, answer: Answer): string | null {
  if (expected.status !== null) {
    const wrong = statusComplaint(expected.status, answer);
    if (wrong !== null) return wrong;
  }
  const text = textOf(answer.body, answer.contentType);
  return contentComplaint(expected, answer, text) ?? jsonComplaint(expected, answer, text);
}

function statusComplaint(ranges: readonly StatusRange[], answer: Answer): string | null {
  const { status, location, end, body } = answer;
  const to = location === undefined ? "" : ` to ${quoted(location)}`;
  if (!within(status, ranges)) return `expected status ${statusWords(ranges)}, got ${status}${to}`;
  return end === "cut" ? `answer cut off after ${body.length} bytes` : null;
}

function contentComplaint(expected: Expected, answer: Answer, text: string): string | null {
  const { contains, notContains, pattern } = expected;
  const missing = contains.find((needle) => !text.includes(needle));
  if (missing !== undefined) return `expected ${quoted(missing)}, ${got(answer, text)}`;
  const unwanted = notContains.find((needle) => text.includes(needle));
  if (unwanted !== undefined) return `expected no ${quoted(unwanted)}, but it is in the content`;
  return pattern === null || pattern.found(text) ? null : `expected ${pattern.words}, ${got(answer, text)}`;
}

function got(answer: Answer, text: string): string {
  if (answer.end === "capped") return `not in the first ${answer.body.length} bytes`;
  const cut = answer.end === "cut" ? ", then cut off" : "";
  return text === "" ? `got ${answer.status} without content${cut}` : `got ${answer.status} ${quoted(text)}${cut}`;
}

function jsonComplaint(expected: Expected, answer: Answer, text: string): string | null {
  if (expected.json.length === 0) return null;
  if (answer.end === "capped") return `expected JSON, got more than ${answer.body.length} bytes (max_body)`;
  const document = parsed(text);
  if (document === undefined) return `expected JSON, ${got(answer, text)}`;
  for (const { path, steps, value } of expected.json) {
    const found = valueAt(document, steps);
    if (found !== value) return `expected ${path} = ${JSON.stringify(value)}, got ${jsonWords(found)}`;
  }
  return null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const jsonWords = (found: unknown): string =>
  found === undefined ? "nothing" : quoted(JSON.stringify(found)).slice(1, -1);

/** What was found, in words for a pass. */
export function praise(expected: Expected, answer: Answer): string {
  const [first] = expected.contains;
  if (first !== undefined) return `${answer.status} with ${quoted(first)}`;
  const [value] = expected.json;
  if (value !== undefined) return `${answer.status} with ${value.path} = ${JSON.stringify(value.value)}`;
  return expected.pattern === null ? `${answer.status}` : `${answer.status} with ${expected.pattern.words}`;
}
