import { constants } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { sameState } from "./same-state.ts";

const LOOKS_LIKE_STATE = /^1\n# be_id /;

/** One state file: replaced whole, so that HAProxy reads either the old one or the new one, also after a crash. */
export class StateFile {
  readonly #file: string;
  /** What it holds; null: not read yet. */
  #held: string | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** Writes `show servers state` down when it says something new; gives whether it did. */
  async keep(text: string): Promise<boolean> {
    if (!LOOKS_LIKE_STATE.test(text)) return false;
    this.#held ??= await readFile(this.#file, "utf8").catch(() => "");
    if (sameState(this.#held, text)) return false;
    await replace(this.#file, text);
    this.#held = text;
    return true;
  }
}

async function replace(file: string, text: string): Promise<void> {
  const fresh = `${file}.${process.pid}.new`;
  try {
    const handle = await open(fresh, "w", 0o644);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    throw error;
  }
  const folder = await open(dirname(file), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
