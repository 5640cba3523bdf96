import { readFileSync } from "node:fs";
import type { Settings } from "../config/settings.ts";

/** For the program itself, its log, registries, runtime sockets and the API. */
const BASE = 256;
/** Polls that come at the same time; who has more of them is told so by the agent. */
const POLLS = 512;

/** How many files this process may have open; null where that cannot be told. Node has raised it to the hard limit. */
export function openFilesLimit(file = "/proc/self/limits"): number | null {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync(file, "utf8")) ?? [];
    return soft === undefined ? null : Number(soft);
  } catch {
    return null;
  }
}

/** What is worth saying when so many open files are too few for these settings; null: they will do. */
export function fewOpenFiles({ pools, agent }: Settings, limit: number | null): string | null {
  const probes = pools.reduce((sum, { targets, checks }) => sum + targets.length * checks.length, 0);
  const doors = agent.ports.length + agent.listen.length + agent.http.length;
  const need = BASE + probes + doors + (doors === 0 ? 0 : Math.min(agent.maxConnections, POLLS));
  if (limit === null || limit >= need) return null;
  return `only ${limit} files may be open at a time and ${need} may be needed: probes would come to unknown and polls go unanswered; raise \`ulimit -n\` (LimitNOFILE= of systemd)`;
}
