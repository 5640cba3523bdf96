import { type ChildProcessByStdio, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { Clock } from "../../contract.ts";
import { formatDuration } from "../../core/duration.ts";
import type { Ms } from "../../core/types.ts";
import { fromBytes, toBytes } from "../gotemplate/bytes.ts";
import { quote } from "../gotemplate/format/quote.ts";
import type { RenderLog } from "../log.ts";

/** A command that failed, in Go's words: `exit status 1`, `signal: killed`; or that took too long. */
export class CommandError extends Error {
  override readonly name = "CommandError";
}

/** What a command is run with. */
export interface CommandOptions {
  readonly clock: Clock;
  readonly log: RenderLog;
  readonly timeoutMs: Ms;
  /** Ends the command at once. */
  readonly signal: AbortSignal;
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

const LARGEST_OUTPUT = 64 * 1024;
/** How long a command may take to obey TERM. */
const GRACE_MS: Ms = 2000;
/** What it printed last arrives so soon after its end, if nobody else holds the pipe. */
const DRAIN_MS: Ms = 100;
const SIGNAL_WORDS: Readonly<Record<string, string>> = {
  SIGKILL: "killed",
  SIGTERM: "terminated",
  SIGINT: "interrupt",
  SIGHUP: "hangup",
  SIGSEGV: "segmentation fault",
};

/** Runs a shell command in a process group of its own; throws a CommandError unless it ends well and in time. */
export async function runCommand(command: string, options: CommandOptions): Promise<void> {
  const { log } = options;
  log("debug", `Running ${command}`);
  const { failure, output } = await run(command, options);
  log(failure === null ? "debug" : "error", fromBytes(quote(toBytes(output))));
  if (failure !== null) throw new CommandError(failure);
}

interface Ended {
  readonly failure: string | null;
  readonly output: string;
}

function run(command: string, { clock, timeoutMs, signal }: CommandOptions): Promise<Ended> {
  if (signal.aborted) return Promise.resolve({ failure: "not started: checkd is stopping", output: "" });
  return new Promise((done) => {
    const child = spawn("/bin/sh", ["-c", command], { detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const text = capture(child);
    let why: string | null = null;
    const kill = (reason: string): void => {
      why ??= reason;
      signalGroup(child, "SIGTERM");
      cancels.push(clock.at(clock.now() + GRACE_MS, () => signalGroup(child, "SIGKILL")));
    };
    const stop = (): void => kill("ended: checkd is stopping");
    const late = (): void => kill(`no end within ${formatDuration(timeoutMs)}, its process group is killed`);
    const cancels = [clock.at(clock.now() + timeoutMs, late)];
    signal.addEventListener("abort", stop, { once: true });
    const finish = (failure: string | null): void => {
      for (const cancel of cancels) cancel();
      signal.removeEventListener("abort", stop);
      if (why !== null) signalGroup(child, "SIGKILL");
      child.stdout.destroy();
      child.stderr.destroy();
      done({ failure: why ?? failure, output: text() });
    };
    child.once("error", (error) => finish(`fork/exec /bin/sh: ${error.message}`));
    child.once("exit", (code, name) => {
      const failure = code === 0 ? null : code === null ? `signal: ${words(name)}` : `exit status ${code}`;
      // A daemon that the command left behind may hold the pipe for ever, so its end is not waited for.
      let over = false;
      const once = (): void => {
        if (!over) finish(failure);
        over = true;
      };
      child.once("close", once);
      cancels.push(clock.at(clock.now() + DRAIN_MS, once));
    });
  });
}

const words = (name: NodeJS.Signals | null): string => SIGNAL_WORDS[name ?? ""] ?? String(name);

function capture(child: Child): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      if (size < LARGEST_OUTPUT) chunks.push(chunk.subarray(0, LARGEST_OUTPUT - size));
      size += chunk.length;
    });
    stream.on("error", () => {}); // a pipe of a process that is gone
  }
  return () => Buffer.concat(chunks).toString();
}

function signalGroup({ pid }: Child, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The group has no process left.
  }
}
