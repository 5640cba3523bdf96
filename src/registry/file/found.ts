import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describeError, RegistryError } from "../../errors.ts";

/** The files behind what was named, and the folders that must be watched to hear of changes. */
export interface Found {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/** A file stands for itself; a folder for every file below it whose name is accepted, in order of path. */
export async function findFiles(named: readonly string[], accepts: (name: string) => boolean): Promise<Found> {
  const files: string[] = [];
  const folders = new Set<string>();
  for (const path of named) {
    if ((await statOf(path)).isDirectory()) await walk(path, accepts, files, folders);
    else {
      files.push(path);
      // The folder is watched, not the file: editors and deployments replace files instead of writing into them.
      folders.add(dirname(path));
    }
  }
  return { files, folders: [...folders] };
}

async function statOf(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    throw new RegistryError("unreachable", `${path} cannot be read: ${describeError(error)}`, { cause: error });
  }
}

async function walk(
  folder: string,
  accepts: (name: string) => boolean,
  files: string[],
  folders: Set<string>,
): Promise<void> {
  folders.add(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await walk(path, accepts, files, folders);
    else if (accepts(basename(path))) files.push(path);
  }
}
