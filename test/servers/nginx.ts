import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, listening, type Running, start, tempDir } from "./process.ts";

export interface NginxOptions {
  /** What `/` answers. */
  readonly content: string;
  readonly port?: number;
  readonly host?: string;
  /** More lines of the `server` section. */
  readonly extra?: string;
}

/** A web server of a test. */
export interface Nginx {
  readonly port: number;
  readonly pid: number;
  /** Folder that it serves. */
  readonly root: string;
  /** What `/` answers from now on; null: 404. */
  setContent(text: string | null): void;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

const TEMP_PATHS = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];

/** Starts nginx with one worker that serves a folder; resolves when it accepts connections. */
export async function startNginx({ content, port, host = "127.0.0.1", extra = "" }: NginxOptions): Promise<Nginx> {
  const dir = tempDir("nginx");
  const at = port ?? (await freePort());
  const root = join(dir, "www");
  mkdirSync(root);
  const page = join(root, "index.html");
  const setContent = (text: string | null): void => {
    if (text === null) rmSync(page, { force: true });
    else writeFileSync(page, text);
  };
  setContent(content);
  const file = join(dir, "nginx.conf");
  writeFileSync(file, configuration(dir, `listen ${host}:${at};\n    root ${root};\n    ${extra}`));
  const errors = join(dir, "error.log");
  const running: Running = await start(["/usr/sbin/nginx", "-c", file, "-p", dir, "-e", errors], { dir });
  const stop = async (): Promise<void> => {
    await running.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await listening(at, host);
  } catch (error) {
    await stop();
    throw new Error(`nginx: ${running.output()}`, { cause: error });
  }
  return { port: at, pid: running.pid, root, setContent, signal: running.signal, stop };
}

const configuration = (dir: string, server: string): string => `daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
worker_processes 1;
pid ${dir}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 100000000;
  open_file_cache off;
${TEMP_PATHS.map((name) => `  ${name}_temp_path ${dir}/${name};`).join("\n")}
  server {
    ${server}
  }
}
`;
