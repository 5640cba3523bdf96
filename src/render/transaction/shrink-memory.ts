import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../../engine/durable-file.ts";
import type { KeysKnown } from "./shrink.ts";

/** What is known of a resource over restarts, for as long as it and its template stay the same. */
export interface KeysMemory {
  recall(about: About): Promise<KeysKnown | null>;
  remember(about: About, known: KeysKnown): Promise<void>;
}

/** Which resource, and the file it made: memory of another template or of a file that others changed says nothing. */
export interface About {
  readonly dest: string;
  readonly digest: string;
  readonly md5: string;
}

/** No memory beyond the process. */
export const forgetful: KeysMemory = { recall: async () => null, remember: async () => {} };

/** Memory in a folder, a file a target. A folder that cannot be written is no failure: then there is none. */
export function keysMemory(folder: string, failed: (error: unknown) => void): KeysMemory {
  const fileOf = (dest: string): string =>
    join(folder, `${createHash("sha1").update(dest).digest("hex").slice(0, 20)}.json`);
  return {
    async recall({ dest, digest, md5 }) {
      try {
        const seen = JSON.parse(await readFile(fileOf(dest), "utf8")) as About & KeysKnown;
        const same = seen.dest === dest && seen.digest === digest && seen.md5 === md5;
        return same && Number.isInteger(seen.keys)
          ? { keys: seen.keys, shrunkSince: typeof seen.shrunkSince === "number" ? seen.shrunkSince : null }
          : null;
      } catch {
        return null; // nothing was remembered
      }
    },
    async remember(about, known) {
      try {
        await writeDurably(fileOf(about.dest), JSON.stringify({ ...about, ...known }));
      } catch (error) {
        failed(error);
      }
    },
  };
}
