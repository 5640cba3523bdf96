import { type ChildProcessByStdio, spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { Readable } from "node:stream";
import { type Clock, type Ms, OwnFault } from "../../../src/index.ts";

/** A program to run. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string | undefined;
  readonly maxOutput: number;
  /** Says early that what was printed is the whole answer; null: its end is awaited. */
  readonly enough: ((out: string) => boolean) | null;
}

/** What a program did: `code` null when a signal ended it, or when it was not waited for. */
export interface Ran {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
  /** It printed too much and was killed. */
  readonly overflow: boolean;
}

/** A running program. */
export interface Child {
  readonly pid: number | undefined;
  /** Rejects with OwnFault when it could not be started. */
  readonly result: Promise<Ran>;
  /** Resolves when it is dead: no process of it is left that could answer. */
  readonly gone: Promise<void>;
  /** TERM to its whole process group, KILL a little later. */
  kill(): void;
  readonly printed: () => string;
}

/** How long a program may take to obey TERM. */
const GRACE_MS: Ms = 250;

type Process = ChildProcessByStdio<null, Readable, Readable>;

/** Runs a program in a process group of its own. */
export function run(program: Program, clock: Clock): Child {
  const child = begin(program);
  const out = capture(child.stdout, program.maxOutput);
  const err = capture(child.stderr, program.maxOutput);
  const { gone, kill } = mortality(child, clock);
  const result = new Promise<Ran>((resolve, reject) => {
    const ran = (code: number | null, signal: NodeJS.Signals | null, overflow: boolean): void =>
      resolve({ code, signal, out: out.text(), err: err.text(), overflow });
    const heard = (): void => {
      if (program.enough?.(out.text()) === true) {
        ran(null, null, false);
        hush(child);
      } else if (out.size() + err.size() > program.maxOutput) {
        ran(null, null, true);
        kill();
      }
    };
    child.stdout.on("data", heard);
    child.stderr.on("data", heard);
    child.on("error", (error) => reject(notStarted(error, program)));
    child.on("exit", (code, signal) => drained(child, () => ran(code, signal, false)));
  });
  return { pid: child.pid, result, gone, kill, printed: out.text };
}

function begin(program: Program): Process {
  const { file, args, env, cwd } = program;
  try {
    // `detached` makes it the leader of a process group, so that one signal reaches all it starts.
    return spawn(file, args, { env, cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    throw notStarted(error, program);
  }
}

interface Capture {
  text(): string;
  size(): number;
}

function capture(stream: Readable, limit: number): Capture {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
  });
  stream.on("error", () => {}); // a pipe of a process that is gone
  return { text: () => Buffer.concat(chunks).toString(), size: () => size };
}

/** Who is dead has nothing more to say than what is in the pipe: two turns of the loop read that. */
function drained(child: Process, done: () => void): void {
  let closed = false;
  child.once("close", () => {
    closed = true;
    done();
  });
  setImmediate(() =>
    setImmediate(() => {
      if (closed) return;
      // Something it started in the background still holds the pipe.
      signalGroup(child, "SIGKILL");
      done();
      shut(child);
    }),
  );
}

function mortality(child: Process, clock: Clock): Pick<Child, "gone" | "kill"> {
  let dead = child.pid === undefined;
  let killed = false;
  let cancel = (): void => {};
  const gone = new Promise<void>((resolve) => {
    child.once("error", () => {
      shut(child);
      resolve();
    });
    child.once("exit", () => {
      dead = true;
      cancel();
      if (killed) {
        // The leader has obeyed; what it leaves behind had its TERM as well.
        signalGroup(child, "SIGKILL");
        shut(child);
      }
      resolve();
    });
  });
  const kill = (): void => {
    if (dead || killed) return;
    killed = true;
    hush(child);
    signalGroup(child, "SIGTERM");
    cancel = clock.at(clock.now() + GRACE_MS, () => signalGroup(child, "SIGKILL"));
  };
  return { gone, kill };
}

/** Nothing more is read: a flood stands still at a full pipe. Closing it would end who tidies up by SIGPIPE. */
function hush(child: Process): void {
  child.stdout.pause();
  child.stderr.pause();
}

/** Nobody listens any more: no descriptor waits for a process that holds the other end. */
function shut(child: Process): void {
  child.stdout.destroy();
  child.stderr.destroy();
}

function signalGroup({ pid }: Process, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The group has no process left.
  }
}

function notStarted(error: unknown, { file, cwd }: Program): OwnFault {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "ENOENT" && cwd !== undefined && !isFolder(cwd)) return new OwnFault(`cwd ${cwd} is no folder`);
  if (code === "ENOENT") return new OwnFault(`${file}: no such program, or its #! interpreter is missing`);
  if (code === "EACCES") return new OwnFault(`${file}: not executable, or a folder of its path is closed to us`);
  return new OwnFault(`${file} cannot be started`, { cause: error });
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
