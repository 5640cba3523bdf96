// Real memcached servers on loopback ports.
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { freePort, listening, type Running, start, tempDir } from "./process.ts";

/** A memcached server of a test. */
export interface MemcachedServer {
  readonly port: number;
  pid(): number;
  /** Sends text over a connection of its own; resolves with what came until `until` was seen, or the end. */
  say(text: string, until?: RegExp): Promise<string>;
  /** KILL, STOP, CONT: to the server itself. */
  signal(name: NodeJS.Signals): void;
  /** Starts it again on its port, empty. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** How a server is started. */
export interface MemcachedOptions {
  readonly args?: readonly string[];
  /** Users of the text protocol (-Y). */
  readonly textLogin?: Login;
  /** Users of the binary protocol (-S, SASL). */
  readonly saslLogin?: Login;
}

const HOST = "127.0.0.1";

// It refuses to start with less: listener, threads and log files count as well.
const CONNECTIONS = 64;

type Login = { readonly username: string; readonly password: string };

interface Logins {
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  close(): Promise<void>;
}

async function logins(dir: string, { textLogin, saslLogin }: MemcachedOptions): Promise<Logins> {
  // memcached runs as nobody, who must be able to read what we write here.
  chmodSync(dir, 0o755);
  const file = (name: string): string => join(dir, name);
  if (textLogin !== undefined) writeFileSync(file("users"), `${textLogin.username}:${textLogin.password}\n`);
  const args = textLogin === undefined ? [] : ["-Y", file("users")];
  if (saslLogin === undefined) return { args, env: {}, close: async () => {} };
  writeFileSync(
    file("memcached.conf"),
    `mech_list: plain\npwcheck_method: saslauthd\nsaslauthd_path: ${file("mux")}\nlog_level: 0\n`,
  );
  const daemon = await startSaslauthd(file("mux"), saslLogin);
  return {
    args: [...args, "-S"],
    env: { SASL_CONF_PATH: dir },
    close: () => new Promise((done) => daemon.close(() => done())),
  };
}

/** What SASL asks whether a password is right: four strings with a length before each, answered OK or NO. */
async function startSaslauthd(path: string, login: Login): Promise<Server> {
  const server = createServer((socket: Socket) => {
    let got = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      got = Buffer.concat([got, chunk]);
      const [username, password, , realm] = countedStrings(got);
      if (realm === undefined) return;
      const answer = username === login.username && password === login.password ? "OK" : "NO";
      socket.end(Buffer.concat([Buffer.from([0, answer.length]), Buffer.from(answer)]));
    });
  });
  await new Promise<void>((done, fail) => server.once("error", fail).listen(path, done));
  chmodSync(path, 0o777);
  return server;
}

function countedStrings(bytes: Buffer): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    found.push(bytes.toString("utf8", at + 2, end));
    at = end;
  }
  return found;
}

/** Starts a memcached with 8 MB and 64 connections; resolves when it accepts connections. */
export async function startMemcached(options: MemcachedOptions = {}): Promise<MemcachedServer> {
  const port = await freePort();
  const dir = tempDir("memcached");
  const { args, env, close } = await logins(dir, options);
  const usual = ["-u", "nobody", "-l", HOST, "-p", String(port), "-m", "8", "-t", "1", "-c", String(CONNECTIONS)];
  let running: Running;
  const begin = async (): Promise<void> => {
    running = await start(["memcached", ...usual, ...args, ...(options.args ?? [])], { dir, env });
    await listening(port);
  };
  await begin();
  return {
    port,
    pid: () => running.pid,
    say: (text, until) => talk(port, text, until),
    signal: (name) => running.signal(name),
    async restart() {
      await running.stop();
      await begin();
    },
    async stop() {
      await running.stop();
      await close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const talk = (port: number, text: string, until?: RegExp): Promise<string> =>
  new Promise((resolve, reject) => {
    let got = "";
    const socket = connect(port, HOST, () => socket.write(text));
    const end = (): void => {
      socket.destroy();
      resolve(got);
    };
    socket.on("data", (chunk: Buffer) => {
      got += chunk.toString("latin1");
      if (until?.test(got)) end();
    });
    socket.on("end", end);
    socket.on("error", reject);
  });
