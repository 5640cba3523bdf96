// start, stop and restart for hosts without systemd, as proxyzoo's control script did.
import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { describeError } from "../errors.ts";
import { EXIT, Exit } from "./exit.ts";
import { say } from "./say.ts";
import { RUNS } from "./service-word.ts";

/** Where the daemon in the background keeps its pid and its log. */
export interface ServiceOptions {
  readonly pidFile: string;
  readonly logFile: string;
  readonly conf: string;
}

const STARTED_MS = 10_000;
const STOPPED_MS = 5000;
const LOOK_MS = 50;

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** The pid in the file when a checkd lives under it; a number that was given to another program since counts as gone. */
export function servicePid(pidFile: string): number | null {
  try {
    const pid = Number(readFileSync(pidFile, "utf8").trim());
    if (!Number.isInteger(pid) || pid < 2) return null;
    return /checkd/.test(readFileSync(`/proc/${pid}/cmdline`, "utf8")) ? pid : null;
  } catch {
    return null;
  }
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Opens a file to write to; `option` names another one. */
function openFile(what: string, file: string, option: string): number {
  try {
    return openSync(file, "a", 0o640);
  } catch (error) {
    throw new Exit(
      EXIT.usage,
      `the ${what} ${file} cannot be opened: ${describeError(error)}; name another with ${option}`,
    );
  }
}

/** Starts the daemon in the background; returns once it runs, or says why it does not. */
export async function startService({ pidFile, logFile, conf }: ServiceOptions): Promise<number> {
  const running = servicePid(pidFile);
  if (running !== null) {
    process.stdout.write(`checkd runs already, pid ${running}\n`);
    return EXIT.ok;
  }
  const log = openFile("log file", logFile, "--log-file");
  // Before anything runs: a daemon whose pid nobody knows could not be stopped.
  closeSync(openFile("pid file", pidFile, "--pid-file"));
  const size = readFileSync(logFile).length;
  const child = spawn(process.execPath, [process.argv[1] ?? "", "run", "--conf", conf], {
    detached: true,
    stdio: ["ignore", log, log, "ipc"],
  });
  closeSync(log);
  let ended: number | null = null;
  child.once("exit", (code) => {
    ended = code ?? 1;
  });
  let runs = false;
  child.once("message", (word) => {
    runs = word === RUNS;
  });
  for (let waited = 0; waited < STARTED_MS && ended === null && !runs; waited += LOOK_MS) await sleep(LOOK_MS);
  if (ended !== null) {
    rmSync(pidFile, { force: true });
    say("error", `checkd does not start:\n${readFileSync(logFile).subarray(size).toString().trimEnd()}`);
    return ended === EXIT.usage ? EXIT.usage : EXIT.unreachable;
  }
  writeFileSync(pidFile, `${child.pid}\n`);
  if (child.connected) child.disconnect();
  child.unref();
  const state = runs ? "runs" : `is starting, for more than ${STARTED_MS / 1000} s already`;
  process.stdout.write(`checkd ${state}, pid ${child.pid}, log in ${logFile}\n`);
  return EXIT.ok;
}

/** Stops the daemon in the background; what it published and HAProxy stay as they are. */
export async function stopService({ pidFile }: Pick<ServiceOptions, "pidFile">): Promise<number> {
  const pid = servicePid(pidFile);
  if (pid === null) {
    rmSync(pidFile, { force: true });
    process.stdout.write("checkd does not run\n");
    return EXIT.ok;
  }
  process.kill(pid, "SIGTERM");
  for (let waited = 0; waited < STOPPED_MS && alive(pid); waited += LOOK_MS) await sleep(LOOK_MS);
  if (alive(pid)) {
    say("warn", `checkd, pid ${pid}, does not end within ${STOPPED_MS / 1000} s: it is killed`);
    process.kill(pid, "SIGKILL");
  }
  rmSync(pidFile, { force: true });
  process.stdout.write("checkd stopped\n");
  return EXIT.ok;
}

/** Says whether the daemon of a pid file runs; exit code 1 when it does not. */
export function serviceStatus({ pidFile }: Pick<ServiceOptions, "pidFile">): number {
  const pid = servicePid(pidFile);
  process.stdout.write(pid === null ? "checkd does not run\n" : `checkd runs, pid ${pid}\n`);
  return pid === null ? EXIT.no : EXIT.ok;
}

/** Stops and starts. */
export async function restartService(options: ServiceOptions): Promise<number> {
  await stopService(options);
  return startService(options);
}
