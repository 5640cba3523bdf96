import { copyFile, type FileHandle, open, rename, stat } from "node:fs/promises";
import { dirname } from "node:path";

const IN_THE_WAY = new Set(["EBUSY", "EXDEV"]);

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/** Has the names in a folder written to the disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts a complete file in place of another, in one step; false where that cannot be, as on a bind mount. */
export async function renameOver(from: string, dest: string): Promise<boolean> {
  try {
    await rename(from, dest);
  } catch (error) {
    if (IN_THE_WAY.has(codeOf(error))) return false;
    throw error;
  }
  await syncFolder(dirname(dest));
  return true;
}

/**
 * Writes into a file that cannot be replaced. What grows is written first, behind the old end, so that a full disk is met
 * while the old content is still whole.
 */
export async function writeInPlace(dest: string, bytes: Buffer): Promise<void> {
  const file = await open(dest, "r+");
  try {
    const { size } = await file.stat();
    if (bytes.length > size) {
      try {
        await writeAll(file, bytes.subarray(size), size);
        await file.sync();
      } catch (error) {
        await file.truncate(size);
        throw error;
      }
    }
    await writeAll(file, bytes.subarray(0, size), 0);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** A copy with the same permissions and, where we may, the same owner; it is on the disk. */
export async function copyDurably(from: string, to: string): Promise<void> {
  const { uid, gid } = await stat(from);
  await copyFile(from, to);
  const file = await open(to, "r");
  try {
    await file.chown(uid, gid).catch(() => {}); // who may not give it away stays its owner
    await file.sync();
  } finally {
    await file.close();
  }
}
