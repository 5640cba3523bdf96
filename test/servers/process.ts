import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A server that a test started. */
export interface Running {
  readonly pid: number;
  readonly dir: string;
  /** All it printed so far. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** TERM, then KILL after `graceMs`; resolves when it is gone. */
  stop(graceMs?: number): Promise<void>;
  readonly exited: Promise<number | null>;
}

const KEEPER = fileURLToPath(new URL("keeper.mjs", import.meta.url));

/** Waits. */
export const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** A folder below the system's temp folder that other users may pass through. */
export function tempDir(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `checkd-${name}-`));
  return dir;
}

const handedOut = new Set<number>();

/** A port of the loopback that nobody listens on, never the same twice in one process. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((done, fail) => {
      const server = createServer()
        .on("error", fail)
        .listen(0, "127.0.0.1", () => {
          const address = server.address();
          server.close(() =>
            address !== null && typeof address === "object" ? done(address.port) : fail(new Error("no port")),
          );
        });
    });
    if (!handedOut.has(port)) {
      handedOut.add(port);
      return port;
    }
  }
}

/** Polls until `ask` gives something true, or throws after `ms` with the last error. */
export async function until<T>(
  what: string,
  ask: () => Promise<T> | T,
  ms = 15_000,
  everyMs = 20,
): Promise<Exclude<T, null | false | undefined | "" | 0>> {
  const end = performance.now() + ms;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer as Exclude<T, null | false | undefined | "" | 0>;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`, { cause: last });
    await sleep(everyMs);
  }
}

/** Resolves when something accepts connections there. */
export const listening = (port: number, host = "127.0.0.1", ms = 15_000): Promise<boolean> =>
  until(
    `a listener on ${host}:${port}`,
    () =>
      new Promise<boolean>((done) => {
        const socket = connect(port, host);
        socket.once("connect", () => {
          socket.end().resume();
          done(true);
        });
        socket.once("error", () => done(false));
      }),
    ms,
  );

const LAST_WORDS_MS = 500;
const HALT_MS = 2000;

/** Returns when every thread stands still: on a busy machine one of them may go on answering for milliseconds. */
function awaitHalt(pid: number): void {
  const end = performance.now() + HALT_MS;
  const tasks = `/proc/${pid}/task`;
  const stands = (thread: string): boolean => /\) [TtZX] /.test(readFileSync(`${tasks}/${thread}/stat`, "utf8"));
  while (!readdirSync(tasks).every(stands) && performance.now() < end);
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Folder for its data, removed when it stops; made when not given. */
  readonly dir?: string;
  readonly name?: string;
}

/**
 * Starts a server in the foreground. A keeper process holds it: when this test process dies, however it dies,
 * the keeper's pipe closes and it kills the server, so that no crash leaves one behind.
 */
export async function start(argv: readonly string[], options: StartOptions = {}): Promise<Running> {
  const [file = "", ...args] = argv;
  const dir = options.dir ?? tempDir(options.name ?? "server");
  mkdirSync(dir, { recursive: true });
  const pidFile = join(dir, `keeper-${handedOut.size}-${Math.random().toString(36).slice(2)}.pid`);
  writeFileSync(pidFile, "");
  const spawnOptions: SpawnOptions = {
    stdio: ["pipe", "pipe", "pipe"],
    cwd: options.cwd ?? dir,
    env: { ...process.env, ...options.env },
  };
  const keeper: ChildProcess = spawn(process.execPath, [KEEPER, pidFile, file, ...args], spawnOptions);
  const parts: string[] = [];
  const keep = (chunk: Buffer): void => {
    parts.push(chunk.toString());
    if (parts.length > 2000) parts.shift();
  };
  keeper.stdout?.on("data", keep);
  keeper.stderr?.on("data", keep);
  keeper.stdin?.on("error", () => {});
  // What it printed last is read to the end, unless a child of its own holds the pipe open.
  const drained = new Promise((done) => keeper.once("close", done));
  const exited = new Promise<number | null>((done) =>
    keeper.once("exit", (code) => void Promise.race([drained, sleep(LAST_WORDS_MS)]).then(() => done(code))),
  );
  const pid = await until(`${file} to start`, () => Number(readFileSync(pidFile, "utf8")), 10_000, 5);
  if (pid < 0) throw new Error(`${file} did not start: ${parts.join("")}`);
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(pid, name);
      if (name === "SIGSTOP") awaitHalt(pid);
    } catch {
      // It is gone already.
    }
  };
  const stop = async (graceMs = 3000): Promise<void> => {
    signal("SIGCONT");
    signal("SIGTERM");
    const timer = setTimeout(() => signal("SIGKILL"), graceMs);
    await exited;
    clearTimeout(timer);
    if (options.dir === undefined) rmSync(dir, { recursive: true, force: true });
  };
  return { pid, dir, output: () => parts.join(""), signal, stop, exited };
}
