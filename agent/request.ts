import type { TargetId } from "../src/index.ts";

/** A target that a poll asks for. */
export interface Asked {
  readonly pool: string;
  readonly target: string;
  readonly id: TargetId;
}

/** What the bytes so far come to. `open` has no end yet; `asked` is there when they already read as a name. */
export type Request =
  | { readonly kind: "open"; readonly asked: Asked | null }
  | { readonly kind: "asked"; readonly asked: Asked }
  | { readonly kind: "refused"; readonly why: string };

/** Longest request that is read; the rest is not looked at. */
export const REQUEST_BYTES = 512;

const NAME = /^([^/\s\p{Cc}]+)\/([^/\s\p{Cc}]+)$/u;
// Set over HAProxy's command line, or quoted with '...' in its file, agent-send "\n" arrives as these two characters.
const WRITTEN_NEWLINE = /\\n$/;

/** A target by its names. */
export const askedOf = (pool: string, target: string): Asked => ({ pool, target, id: `${pool}/${target}` });

/** Pool and target of `pool/target`; null when it is no such name. */
export function readName(text: string): Asked | null {
  const [, pool, target] = NAME.exec(text) ?? [];
  return pool === undefined || target === undefined ? null : askedOf(pool, target);
}

/** Reads agent-send: one line `pool/target`, or all that came before the peer paused or shut its side (`ended`). */
export function readRequest(text: string, ended: boolean): Request {
  const [line = "", ...rest] = text.split(/[\r\n]/, 2);
  if (line.length > REQUEST_BYTES) return { kind: "refused", why: `longer than ${REQUEST_BYTES} characters` };
  const written = WRITTEN_NEWLINE.test(line);
  const asked = readName(line.replace(WRITTEN_NEWLINE, "").trim());
  if (rest.length === 0 && !ended && !written) return { kind: "open", asked };
  if (asked !== null) return { kind: "asked", asked };
  return { kind: "refused", why: line === "" ? "empty" : "not pool/target" };
}

const UNPRINTABLE = /[^\x20-\x7e]+/g;

/** Bytes from outside made fit for a log line: printable, short. */
export const shown = (text: string): string => text.slice(0, 80).replace(UNPRINTABLE, "?");
