import { open, readdir, stat, unlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Ms } from "../../core/types.ts";

/** A complete file beside its target that is not in place yet. */
export interface Stage {
  readonly path: string;
  /** Removes it, if it is still there. */
  drop(): Promise<void>;
}

/** What a stage file is made of. */
export interface StageContent {
  readonly bytes: Buffer;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const PID_DIGITS = 10;
const LEFT_BEHIND_MS: Ms = 600_000;
let count = 0;

// The digits name our process, so that what a killed one left behind can be told from what a running one is about to use.
function stageName(dest: string, kept: boolean): string {
  count += 1;
  const owner = kept ? 0 : process.pid;
  const random = Math.floor(Math.random() * 1e6) + (count % 1000) * 1e6;
  return `.${basename(dest)}${String(owner).padStart(PID_DIGITS, "0")}${String(random).padStart(9, "0")}`;
}

/** Writes a stage file down to the disk. What could not be written whole is not left behind. */
export async function stageFile(dest: string, content: StageContent, kept: boolean): Promise<Stage> {
  const path = join(dirname(dest), stageName(dest, kept));
  const drop = (): Promise<void> => unlink(path).catch(() => {}); // it was renamed, or never made
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(content.bytes);
    await file.chown(content.uid, content.gid).catch(() => {}); // as confd: who may not stays the owner
    await file.chmod(content.mode);
    await file.sync();
  } catch (error) {
    await file.close();
    await drop();
    throw error;
  }
  await file.close();
  return { path, drop };
}

/** Removes stage files of this target whose process is gone for a while. */
export async function sweepStages(dest: string, now: number): Promise<void> {
  const folder = dirname(dest);
  const start = `.${basename(dest)}`;
  const names = await readdir(folder).catch(() => []);
  for (const name of names.filter((each) => each.startsWith(start))) {
    const [, pid] = /^(\d{10})\d{9}$/.exec(name.slice(start.length)) ?? [];
    if (pid === undefined || Number(pid) === 0 || isAlive(Number(pid))) continue;
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs > LEFT_BEHIND_MS) await unlink(path).catch(() => {});
  }
}

/** Whether a process lives; one of another user does. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
