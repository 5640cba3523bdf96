import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import type { HaproxySettings } from "../config/settings.ts";
import type { Clock } from "../contract.ts";
import type { Ms } from "../core/types.ts";
import { HaproxyError } from "./answer.ts";
import { parseConfig } from "./config/parse.ts";

const START_MS: Ms = 10_000;
const LARGEST_OUTPUT = 16_384;

/** Pids of the HAProxy of a pid file that live; a stale file names none. */
export function runningPids(settings: Pick<HaproxySettings, "pidFile" | "confFile">): readonly number[] {
  let text: string;
  try {
    text = readFileSync(settings.pidFile, "utf8");
  } catch {
    return [];
  }
  return text
    .split(/\s+/)
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid > 1 && isHaproxy(pid, settings.confFile));
}

/** The pid lives and is a HAProxy: pids are used again, and a stranger must not be taken for ours. */
function isHaproxy(pid: number, confFile: string): boolean {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    const isZombie = /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return !isZombie && (/haproxy/.test(commandLine.split("\0", 1)[0] ?? "") || commandLine.includes(confFile));
  } catch {
    return false;
  }
}

function run(settings: HaproxySettings, args: readonly string[], clock: Clock): Promise<void> {
  return new Promise((done, fail) => {
    const child = spawn(settings.exec, [...args], { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-LARGEST_OUTPUT);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    const release = (): void => {
      child.stdout.destroy();
      child.stderr.destroy();
    };
    const cancel = clock.at(clock.now() + START_MS, () => {
      child.kill("SIGKILL");
      release();
    });
    child.once("error", (error) => {
      cancel();
      fail(new HaproxyError("unreachable", `${settings.exec} cannot be started: ${error.message}`, { cause: error }));
    });
    // Not "close": a HAProxy that went into the background may keep our pipes open.
    child.once("exit", (code) => {
      if (code !== 0) return;
      cancel();
      release();
      done();
    });
    child.once("close", (code, signal) => {
      cancel();
      fail(new HaproxyError("refused", `${settings.exec} ended with ${code ?? signal}: ${whyIn(output)}`));
    });
  });
}

/** What HAProxy says of its end: its alerts, else its last words; not what it goes on with, such as a pidfile named twice. */
function whyIn(output: string): string {
  const lines = output
    .trim()
    .split("\n")
    .filter((line) => !line.trimEnd().endsWith("Continuing."));
  const alerts = lines.filter((line) => line.startsWith("[ALERT]"));
  const said = alerts.length > 0 ? alerts.slice(0, 3) : lines.slice(-3);
  return said.map((line) => line.replace(/^\[ALERT\]\s+\(\d+\) : /, "")).join("; ");
}

const backgroundFlags = ({ mode, confFile, pidFile }: HaproxySettings): string[] => [
  ...(mode === "master-worker" ? ["-W", "-D"] : ["-D"]),
  "-f",
  confFile,
  "-p",
  pidFile,
];

/** Starts HAProxy in the background when it is not running; true when it had to be started. */
export async function ensureRunning(settings: HaproxySettings, clock: Clock): Promise<boolean> {
  if (runningPids(settings).length > 0) return false;
  await run(settings, backgroundFlags(settings), clock);
  return true;
}

/** Throws when HAProxy does not take its configuration. */
export const checkConfig = (settings: HaproxySettings, clock: Clock): Promise<void> =>
  run(settings, ["-c", "-f", settings.confFile], clock);

/** Has HAProxy read its configuration anew without dropping a connection; starts it when it is not running. */
export async function reloadHaproxy(settings: HaproxySettings, clock: Clock): Promise<void> {
  const pids = runningPids(settings);
  const [master] = pids;
  if (master === undefined) {
    await ensureRunning(settings, clock);
    return;
  }
  await checkConfig(settings, clock);
  // Management guide, section 4: SIGUSR2 to a master; else a new process finishes the old ones with -sf, and takes over
  // their listening sockets where one of the stats sockets offers them.
  if (settings.mode === "master-worker") process.kill(master, "SIGUSR2");
  else await replace(settings, pids, clock);
}

async function replace(settings: HaproxySettings, pids: readonly number[], clock: Clock): Promise<void> {
  const anew = [...backgroundFlags(settings), "-sf", ...pids.map(String)];
  const sockets = listenersFrom(readFileSync(settings.confFile, "utf8"));
  const [first] = sockets;
  // A socket that is taken over is not made anew: one whose file somebody removed would never be there again.
  if (first !== undefined && sockets.every((path) => existsSync(path))) {
    try {
      return await run(settings, [...anew, "-x", first], clock);
    } catch {
      // The old process may not know that socket, or answer there no more: it lets the ports go by itself.
    }
  }
  await run(settings, anew, clock);
}

/** The stats sockets that hand their listening sockets to a new process. */
export function listenersFrom(config: string): readonly string[] {
  const lines = parseConfig(config)
    .filter(({ kind }) => kind === "global")
    .flatMap(({ lines: all }) => all.map(({ words }) => words));
  return lines
    .filter(
      (words) =>
        words[0] === "stats" && words[1] === "socket" && words.includes("expose-fd") && words.includes("listeners"),
    )
    .map((words) => words[2]?.replace(/^unix@/, "") ?? "")
    .filter((path) => path.startsWith("/"));
}
