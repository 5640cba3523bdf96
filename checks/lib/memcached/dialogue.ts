import type { Sample, Trial } from "./cache.ts";
import { isError, type Kind, type Reply } from "./replies.ts";

/** What is written for one trial, and the kinds of answers that come. */
export interface Dialogue {
  readonly kinds: readonly Kind[];
  request(sample: Sample): Buffer;
  trial(replies: readonly Reply[]): Trial;
}

const KINDS = ["line", "value", "line", "stats"] as const;

/** The classic commands. */
export const textDialogue: Dialogue = {
  kinds: KINDS,
  request: ({ key, value, ttlSeconds }) =>
    joined(`set ${key} 0 ${ttlSeconds} ${value.length}\r\n`, value, `\r\nget ${key}\r\ndelete ${key}\r\nstats\r\n`),
  trial: (replies) => trialOf(replies, "STORED"),
};

/** The meta commands of memcached 1.6. */
export const metaDialogue: Dialogue = {
  kinds: KINDS,
  request: ({ key, value, ttlSeconds }) =>
    joined(`ms ${key} ${value.length} T${ttlSeconds}\r\n`, value, `\r\nmg ${key} v\r\nmd ${key}\r\nstats\r\n`),
  trial: (replies) => trialOf(replies, "HD"),
};

const joined = (before: string, value: Uint8Array, after: string): Buffer =>
  Buffer.concat([Buffer.from(before, "latin1"), value, Buffer.from(after, "latin1")]);

function trialOf([set, get, remove, stats]: readonly Reply[], stored: string): Trial {
  const trouble = [get?.line, remove?.line].find((line) => line !== undefined && isError(line)) ?? null;
  return {
    refused: set?.line === stored ? null : (set?.line ?? "no answer"),
    found: get?.value ?? null,
    trouble,
    stats: stats?.stats ?? null,
  };
}

/**
 * A login: any `set` whose value is `user password`. Where none is wanted it is an ordinary set: it expires at once, and
 * the first sample, of the same key, takes its place.
 */
export const loginRequest = (key: string, username: string, password: string): Buffer => {
  const words = Buffer.from(`${username} ${password}`);
  return joined(`set ${key} 0 -1 ${words.length}\r\n`, words, "\r\n");
};
