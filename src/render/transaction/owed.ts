// What is written down beside a target while its reload is not over: a checkd that is killed in between finds out at its
// next start that HAProxy may still run on the old file, and has that file to go back to.
import { link, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { beside, orMissing } from "./file-state.ts";
import { copyDurably, renameOver, syncFolder, writeInPlace } from "./replace.ts";

/** The reload of a target that is not known to have succeeded. */
export interface Owed {
  /** Process that was at it. */
  readonly pid: number;
  /** MD5 of the files whose reload is owed, whichever of them is in place. */
  readonly md5s: readonly string[];
  /** Whether the file before it is kept. */
  readonly previous: boolean;
  /** The file is written into and not replaced: half of it may be new. */
  readonly inPlace: boolean;
}

// One name: what a killed checkd has left of it, the next one writes over or clears away.
const STAGE = ".new";

const markerOf = (dest: string): string => beside(dest, ".checkd-reload");

/** Where the last good file of a target is kept meanwhile. */
export const previousOf = (dest: string): string => beside(dest, ".checkd-previous");

/** What is owed for this target; null: nothing. */
export async function readOwed(dest: string): Promise<Owed | null> {
  const text = await orMissing(readFile(markerOf(dest), "utf8"));
  if (text === null) return null;
  try {
    const { pid, md5s, previous, inPlace } = JSON.parse(text) as Owed;
    return { pid: Number(pid), md5s: [...md5s], previous: previous === true, inPlace: inPlace === true };
  } catch {
    return null; // not ours: it is written in one step
  }
}

/** Writes down what is owed. */
export async function writeOwed(dest: string, owed: Owed): Promise<void> {
  const marker = markerOf(dest);
  const stage = `${marker}${STAGE}`;
  try {
    const file = await open(stage, "w", 0o600);
    try {
      await file.writeFile(JSON.stringify(owed));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(stage, marker);
  } catch (error) {
    await unlink(stage).catch(() => {}); // mostly it was never made
    throw error;
  }
  await syncFolder(dirname(dest));
}

/** Nothing is owed any more. */
export async function clearOwed(dest: string): Promise<void> {
  // The marker first: without it the others mean nothing.
  for (const file of [markerOf(dest), previousOf(dest)])
    for (const name of [file, `${file}${STAGE}`]) await orMissing(unlink(name));
}

/** Keeps the file that is in place under a second name; false when there is none. */
export async function keepPrevious(dest: string): Promise<boolean> {
  const kept = previousOf(dest);
  await orMissing(unlink(kept));
  return (await orMissing(secondName(dest, kept).then(() => true))) ?? false;
}

/** The same for a file that will be written into: a second name would change with it. */
export async function copyPrevious(dest: string): Promise<void> {
  const kept = previousOf(dest);
  await orMissing(unlink(kept));
  await copyDurably(dest, kept);
}

/** Puts the kept file back in place, and goes on keeping it. */
export async function putBack(dest: string): Promise<void> {
  const kept = previousOf(dest);
  const stage = `${kept}${STAGE}`;
  await orMissing(unlink(stage));
  await secondName(kept, stage);
  try {
    if (await renameOver(stage, dest)) return;
    await writeInPlace(dest, await readFile(kept));
  } finally {
    // Renaming one name of a file over another of the same file leaves both.
    await orMissing(unlink(stage));
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "ENOENT";

/** A second name of a file; a copy on a mount point, or where a file system has no hard links. */
async function secondName(file: string, name: string): Promise<void> {
  try {
    await link(file, name);
  } catch (error) {
    if (isMissing(error)) throw error;
    await copyDurably(file, name);
  }
}
