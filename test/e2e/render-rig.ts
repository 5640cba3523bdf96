// What tests of rendering share: a confd directory, HAProxy as master with workers, and programs that are stopped.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingHttpHeaders, request } from "node:http";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { type Running, start, tempDir, until } from "../servers/process.ts";
import { program } from "./checkd.ts";

/** Things that run, stopped in the opposite order; folders, removed. */
export function runningThings() {
  const stops: (() => Promise<unknown>)[] = [];
  return {
    keep<T extends { stop(): Promise<unknown> }>(running: T): T {
      stops.push(() => running.stop());
      return running;
    },
    folder(name: string): string {
      const dir = tempDir(name);
      stops.push(async () => rmSync(dir, { recursive: true, force: true }));
      return dir;
    },
    async stop(): Promise<void> {
      for (const stop of stops.splice(0).reverse()) await stop();
    },
  };
}

/** Writes files below a folder. */
export function writeFiles(dir: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
}

/** `checkd render` at work; `memory` of its own, so that no run knows of another. */
export function startRender(confdir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Running> {
  const own = { CHECKD_STATE_DIR: join(confdir, "state"), ...env };
  return start([process.execPath, program(), "render", "-confdir", confdir, ...args], { env: own, name: "render" });
}

/** HAProxy 2.6 as master with workers in a folder: `haproxy.cfg`, `haproxy.pid`, `admin.sock`. */
export interface Master extends Running {
  /** A shell command that has the master read its file again, as Debian's unit does. */
  readonly reload: string;
  /** `show info` of the worker that answers now. */
  info(name: string): Promise<string>;
}

/** Starts HAProxy on the file in this folder; its stats socket must be `admin.sock` beside it. */
export async function startMaster(dir: string, config = "haproxy.cfg"): Promise<Master> {
  const pidFile = join(dir, "haproxy.pid");
  const argv = ["/usr/sbin/haproxy", "-W", "-f", join(dir, config), "-p", pidFile];
  const running = await start(argv, { dir: join(dir, "haproxy") });
  const info = async (name: string): Promise<string> =>
    new RegExp(`^${name}: (.*)$`, "m").exec(await askSocket(join(dir, "admin.sock"), "show info"))?.[1] ?? "";
  try {
    await until("HAProxy to serve", () => info("Pid"), 20_000);
  } catch (error) {
    await running.stop();
    throw new Error(`HAProxy did not start: ${running.output()}`, { cause: error });
  }
  return { ...running, info, reload: `kill -USR2 $(cat ${pidFile})` };
}

/** The part of haproxy.cfg that these tests share. */
export const HAPROXY_HEAD = (dir: string): string => `global
  stats socket ${dir}/admin.sock mode 600 level admin expose-fd listeners
  hard-stop-after 5s
defaults
  mode http
  retries 1
  option redispatch
  timeout connect 1s
  timeout client 5s
  timeout server 5s
`;

/** One line to a socket of HAProxy. */
export function askSocket(path: string, line: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = "";
    const socket = connect(path, () => socket.write(`${line}\n`));
    socket.setTimeout(3000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk) => {
      answer += chunk.toString();
    });
    socket.on("end", () => done(answer));
    socket.on("error", fail);
  });
}

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** GET over a connection of its own, as curl does. */
export function get(port: number, headers: Readonly<Record<string, string>> = {}, path = "/"): Promise<Answer> {
  return new Promise((done, fail) => {
    const asked = request({ host: "127.0.0.1", port, path, headers, agent: false, timeout: 5000 }, (answer) => {
      let body = "";
      answer.on("data", (chunk) => {
        body += chunk;
      });
      answer.on("end", () => done({ status: answer.statusCode ?? 0, headers: answer.headers, body }));
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("error", fail);
    asked.end();
  });
}

/** A file's text; "" while it is not there. */
export function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
