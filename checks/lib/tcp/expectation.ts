import type { Target } from "../../../src/index.ts";
import { fill } from "../fill.ts";
import { finder } from "../pattern.ts";
import { quoted } from "../reason.ts";
import type { TcpOptions } from "./options.ts";

/** What is said and expected on one connection: greeting before the request, expectations after it. */
export interface Script {
  readonly greeting: Expectation | null;
  readonly request: Buffer | null;
  /** Empty: to be connected is enough. */
  readonly expected: readonly Expectation[];
}

/** One thing that must be in an answer, with words for it. */
export interface Expectation {
  readonly words: string;
  met(answer: Buffer): boolean;
}

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replace(/\s+/g, ""), "hex");

const holds = (needle: Buffer, words: string): Expectation => ({ words, met: (answer) => answer.includes(needle) });

/** What is said to and expected of a target; patterns are compiled once. */
export function scripts(options: TcpOptions): (target: Target) => Script {
  const found = options.matches === undefined ? null : finder(options.matches);
  return (target) => ({
    greeting: greeting(options, target),
    request: request(options, target),
    expected: [
      ...(options.expect === undefined ? [] : [holdsText(fill(options.expect, target))]),
      ...(options.expect_hex === undefined ? [] : [holds(bytesOf(options.expect_hex), `bytes ${options.expect_hex}`)]),
      ...(found === null ? [] : [{ words: `/${options.matches}/`, met: (answer: Buffer) => found(answer.toString()) }]),
    ],
  });
}

const holdsText = (text: string): Expectation => holds(Buffer.from(text), quoted(text));

function greeting(options: TcpOptions, target: Target): Expectation | null {
  if (options.banner === undefined) return null;
  if (options.banner === true) return { words: "a greeting", met: (answer) => answer.length > 0 };
  const text = fill(options.banner, target);
  return holds(Buffer.from(text), `greeting ${quoted(text)}`);
}

function request(options: TcpOptions, target: Target): Buffer | null {
  if (options.send !== undefined) return Buffer.from(fill(options.send.reveal(), target));
  return options.send_hex === undefined ? null : bytesOf(options.send_hex);
}
