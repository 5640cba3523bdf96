import { mkdir, open, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces a file so that a kill or a power cut at any instant leaves the old bytes or the new ones; makes its folder. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const dir = dirname(path);
  await mkdir(dir, { recursive: true, mode: 0o750 });
  const stage = `${path}.${process.pid}.new`;
  try {
    await synced(stage, "w", (file) => file.writeFile(text));
    await rename(stage, path);
  } catch (error) {
    await unlink(stage).catch(() => {}); // mostly it was never made; the first error is the one to tell
    throw error;
  }
  await synced(dir, "r", async () => {});
}

type Handle = Awaited<ReturnType<typeof open>>;

async function synced(path: string, flags: string, use: (file: Handle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o640);
  try {
    await use(file);
    await file.sync();
  } finally {
    await file.close();
  }
}
