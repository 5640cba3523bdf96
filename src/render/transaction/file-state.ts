import { createHash } from "node:crypto";
import type { Stats } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What is in place of a target file. */
export interface FileState {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly md5: string;
  readonly content: Buffer;
}

const MODE_BITS = 0o7777;

/** MD5 of a file's bytes, as confd's log shows it. */
export const md5 = (bytes: Buffer): string => createHash("md5").update(bytes).digest("hex");

const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");

/** `make` resolves to null where the file is not there. */
export async function orMissing<T>(make: Promise<T>): Promise<T | null> {
  try {
    return await make;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** Permission bits of a file. */
export const modeOf = ({ mode }: Stats): number => mode & MODE_BITS;

/** Bytes whose MD5 is known. */
export interface Known {
  readonly bytes: Buffer;
  readonly md5: string;
}

/** The file at this path, links followed; null when there is none. `known` is what is likely to be in it. */
export async function lookAt(path: string, known: Known | null = null): Promise<FileState | null> {
  const seen = await orMissing(stat(path));
  if (seen === null) return null;
  if (seen.isDirectory()) throw new Error(`${path} is a directory`);
  const content = await readFile(path);
  return {
    uid: seen.uid,
    gid: seen.gid,
    mode: modeOf(seen),
    md5: known?.bytes.equals(content) ? known.md5 : md5(content),
    content,
  };
}

/** A hidden file beside a target. */
export const beside = (dest: string, suffix: string): string => join(dirname(dest), `.${basename(dest)}${suffix}`);
