import { open, rename } from "node:fs/promises";

/** Replaces a state file whole: HAProxy reads either the old one or the new one, also after a crash. */
export async function writeStateFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  const handle = await open(fresh, "w", 0o644);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}
