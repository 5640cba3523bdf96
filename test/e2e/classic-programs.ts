import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Certificate } from "../servers/certificates.ts";
import { type Running, start, tempDir, until } from "../servers/process.ts";
import { program } from "./checkd.ts";

/** One of the three programs at work. */
export interface Classic extends Running {
  /** Lines of stdout so far: the old tool's. */
  lines(): readonly string[];
  /** What stands on stderr so far. */
  errors(): string;
}

/** Starts a built program with stdout and stderr apart. */
export async function startClassic(
  name: "checkmysqlslave" | "checkmemcached" | "checkredismaster",
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Classic> {
  const dir = tempDir("classic");
  const errors = join(dir, "stderr");
  writeFileSync(errors, "");
  const running = await start(
    ["sh", "-c", 'err=$1; shift; exec "$@" 2>>"$err"', "sh", errors, process.execPath, program(name), ...args],
    { env },
  );
  return {
    ...running,
    async stop(graceMs) {
      await running.stop(graceMs);
      rmSync(dir, { recursive: true, force: true });
    },
    lines: () => running.output().split("\n").slice(0, -1),
    errors: () => (existsSync(errors) ? readFileSync(errors, "utf8") : ""),
  };
}

const scratch = new Set<string>();

/** A file of a test that only its owner can read; `sweep` removes all of them. */
export function scratchFile(name: string, text: string): string {
  const dir = tempDir("scratch");
  scratch.add(dir);
  const file = join(dir, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

/** Removes the files that `scratchFile` made. */
export function sweep(): void {
  for (const dir of scratch) rmSync(dir, { recursive: true, force: true });
  scratch.clear();
}

/** How often a text stands in another. */
export const count = (text: string, part: string | RegExp): number => text.split(part).length - 1;

/** When a line that holds `part` was logged on stderr, in milliseconds; the last one counts. */
export function loggedAt(errors: string, part: string): number {
  const line = errors
    .split("\n")
    .filter((each) => each.includes(part))
    .at(-1);
  return Date.parse(line?.split(" ")[0] ?? "");
}

/** One request to Consul; the body as far as it has come. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly at: number;
  body: string;
}

/** What a registry is asked, and how it answers at the moment. */
export interface ConsulProxy {
  readonly port: number;
  /** `pass`: as Consul answers; `fail`: everything is a 500; `fail writes`: only what changes something. */
  mode: "pass" | "fail" | "fail writes";
  readonly requests: readonly Asked[];
  /** Questions that wait for news at this moment. */
  waiting(): number;
  stop(): Promise<void>;
}

/** A proxy in front of Consul that can answer in its place, and knows what was asked; with a certificate it speaks TLS. */
export async function startProxy(consulPort: number, tls?: Certificate): Promise<ConsulProxy> {
  const requests: Asked[] = [];
  let waiting = 0;
  const state: { mode: ConsulProxy["mode"] } = { mode: "pass" };
  const serve: RequestListener = (incoming, answer) => {
    const { method = "GET", url: path = "/", headers } = incoming;
    const asked: Asked = { method, path, at: Date.now(), body: "" };
    requests.push(asked);
    incoming.on("data", (chunk: Buffer) => {
      asked.body += chunk.toString();
    });
    const refused = state.mode === "fail" || (state.mode === "fail writes" && method !== "GET");
    if (refused) {
      answer.writeHead(500).end("made up: rpc error");
      return;
    }
    const blocks = /[?&]index=/.test(path);
    if (blocks) waiting += 1;
    const onward = request({ port: consulPort, host: "127.0.0.1", method, path, headers }, (theirs) => {
      answer.writeHead(theirs.statusCode ?? 500, theirs.headers);
      theirs.pipe(answer);
    });
    onward.on("error", () => answer.destroy());
    answer.on("close", () => {
      if (blocks) waiting -= 1;
      onward.destroy();
    });
    incoming.pipe(onward);
  };
  const server = tls === undefined ? createServer(serve) : createTlsServer(tls, serve);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    get mode() {
      return state.mode;
    },
    set mode(mode) {
      state.mode = mode;
      // Who waits for news over a connection made before would not notice.
      if (mode === "fail") server.closeAllConnections();
    },
    requests,
    waiting: () => waiting,
    stop: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** Resolves when `see` has given the same true answer for `ms`; throws when it gives another in between. */
export async function stays<T>(what: string, ms: number, see: () => Promise<T> | T, wanted: T): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end) {
    const seen = await see();
    if (seen !== wanted) throw new Error(`${what}: ${String(seen)} instead of ${String(wanted)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** host:port of a published value. */
export function addressIn(value: string | null): string {
  const { host, port } = JSON.parse(value ?? "{}") as { host?: string; port?: number };
  return `${host}:${port}`;
}

/** Waits for the key to name this address; gives when that was seen. */
export async function untilNamed(get: () => Promise<string | null>, address: string, ms?: number): Promise<number> {
  await until(`the key to name ${address}`, async () => addressIn(await get()) === address, ms, 5);
  return Date.now();
}
