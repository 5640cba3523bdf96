import { constants } from "node:fs";
import { open, readFile, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

const LOOKS_LIKE_STATE = /^1\n# be_id /;

/**
 * What of `show servers state` is worth a write: not the time since the last change, which grows with every look, nor
 * whether a check is in flight.
 */
export function essenceOf(text: string): string {
  const lines = text.split("\n");
  const names = (lines.find((line) => line.startsWith("# be_id")) ?? "").slice(2).split(" ");
  const time = names.indexOf("srv_time_since_last_change");
  const checks = [names.indexOf("srv_check_state"), names.indexOf("srv_agent_state")].filter((at) => at >= 0);
  return lines
    .map((line) => {
      const cells = line.split(" ");
      if (time < 0 || cells.length < names.length || line.startsWith("#")) return line;
      cells[time] = "";
      for (const at of checks) cells[at] = String(Number(cells[at]) & ~1);
      return cells.join(" ");
    })
    .join("\n");
}

/** One state file: replaced whole, so that HAProxy reads either the old one or the new one, also after a crash. */
export class StateFile {
  readonly #file: string;
  #essence: string | null = null;

  constructor(file: string) {
    this.#file = file;
  }

  /** Writes `show servers state` down when it says something new; gives whether it did. */
  async keep(text: string): Promise<boolean> {
    if (!LOOKS_LIKE_STATE.test(text)) return false;
    const essence = essenceOf(text);
    this.#essence ??= essenceOf(await readFile(this.#file, "utf8").catch(() => ""));
    if (essence === this.#essence) return false;
    await replace(this.#file, text);
    this.#essence = essence;
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
