import { readdir, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { Ms } from "../core/types.ts";

/** A pool may be taken out of the configuration for a while; what nobody wrote for so long is of no use to anybody. */
const KEPT_MS: Ms = 30 * 86_400_000;

/** Removes the files of a folder that are not in `ours` and have not been written for a month; gives their names. */
export async function removeLeftovers(
  folder: string,
  ours: ReadonlySet<string>,
  wall: number,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const entry of await entriesOf(folder)) {
    if (!entry.isFile() || ours.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (wall - (await stat(path)).mtimeMs < KEPT_MS) continue;
    await unlink(path);
    removed.push(entry.name);
  }
  return removed;
}

async function entriesOf(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
