import { modeText } from "../resource/mode.ts";
import type { FileState } from "./file-state.ts";

/** How the file should be. */
export interface Wanted {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly md5: string;
}

/** What is different about a file that is there, a line each; none: it is as it should be. */
export function differences(dest: string, seen: FileState, wanted: Wanted): readonly string[] {
  const lines: string[] = [];
  if (seen.uid !== wanted.uid) lines.push(`${dest} has UID ${seen.uid} should be ${wanted.uid}`);
  if (seen.gid !== wanted.gid) lines.push(`${dest} has GID ${seen.gid} should be ${wanted.gid}`);
  if (seen.mode !== wanted.mode)
    lines.push(`${dest} has mode ${modeText(seen.mode)} should be ${modeText(wanted.mode)}`);
  if (seen.md5 !== wanted.md5) lines.push(`${dest} has md5sum ${seen.md5} should be ${wanted.md5}`);
  return lines;
}

/**
 * Owner that a file of ours will have: who may not give files away keeps what it makes, and confd says nothing of
 * that.
 */
export function reachableOwner(uid: number, gid: number): { readonly uid: number; readonly gid: number } {
  const [me = 0, group = 0] = [process.geteuid?.(), process.getegid?.()];
  if (me === 0) return { uid, gid };
  const groups = process.getgroups?.() ?? [];
  return uid === me && (gid === group || groups.includes(gid)) ? { uid, gid } : { uid: me, gid: group };
}
