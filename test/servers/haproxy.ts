import { rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { unpackedCommand } from "../../scripts/servers.mjs";
import { type Running, start, tempDir, until } from "./process.ts";

/** HAProxy of this Debian release, and the one of the next. */
export type HaproxyVersion = "2.6" | "3.0";

export const HAPROXY_VERSIONS: readonly HaproxyVersion[] = ["2.6", "3.0"];

/** One line of a CSV or table of HAProxy, by column name. */
export type Columns = Readonly<Record<string, string>>;

export interface HaproxyOptions {
  readonly version?: HaproxyVersion;
  /** Everything but the stats socket; may have a `global` section of its own. */
  readonly config: string;
}

/** A HAProxy of a test. */
export interface Haproxy {
  /** Path of the stats socket, level admin. */
  readonly socket: string;
  /** Of the process that serves now. */
  pid(): number;
  output(): string;
  /** One request over the stats socket, answered whole. */
  command(line: string): Promise<string>;
  /** `show stat` by `proxy/server` (BACKEND and FRONTEND too); a check in flight shows without its `* `. */
  stat(): Promise<ReadonlyMap<string, Columns>>;
  /** One server of `show stat`. */
  server(name: string): Promise<Columns>;
  /** `show servers state` by `proxy/server`. */
  state(): Promise<ReadonlyMap<string, Columns>>;
  /** A new process takes over, as a reload does; the old one leaves softly. */
  reload(config?: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** A `defaults` section with short limits. */
export const HAPROXY_DEFAULTS = `defaults
  mode tcp
  timeout connect 1s
  timeout client 10s
  timeout server 10s
`;

const argvOf = (version: HaproxyVersion): readonly string[] =>
  version === "2.6" ? ["/usr/sbin/haproxy"] : unpackedCommand("haproxy-3");

/** Starts HAProxy in the foreground; resolves when its stats socket answers. */
export async function startHaproxy({ version = "2.6", config }: HaproxyOptions): Promise<Haproxy> {
  const dir = tempDir(`haproxy-${version}`);
  const socket = join(dir, "stats.sock");
  const file = join(dir, "haproxy.cfg");
  const command = (line: string): Promise<string> => ask(socket, line);
  const all: Running[] = [];
  const launch = async (text: string): Promise<void> => {
    writeFileSync(file, `global\n  stats socket ${socket} mode 600 level admin\n  stats timeout 1m\n${text}`);
    const old = all.at(-1);
    const soft = old === undefined ? [] : ["-sf", String(old.pid)];
    const running = await start([...argvOf(version), "-db", "-f", file, ...soft], { dir });
    all.push(running);
    await serving(running, command);
  };
  const current = (): Running => {
    const running = all.at(-1);
    if (running === undefined) throw new Error("HAProxy is not running");
    return running;
  };
  const stop = async (): Promise<void> => {
    await Promise.all(all.map((each) => each.stop()));
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await launch(config);
  } catch (error) {
    await stop();
    throw error;
  }
  let newest = config;
  const stat = async (): Promise<ReadonlyMap<string, Columns>> => readCsv(await command("show stat"));
  return {
    socket,
    command,
    stat,
    stop,
    pid: () => current().pid,
    output: () => all.map((each) => each.output()).join(""),
    server: async (name) => {
      const row = (await stat()).get(name);
      if (row === undefined) throw new Error(`HAProxy has no ${name}`);
      return row;
    },
    state: async () => readState(await command("show servers state")),
    reload: async (text = newest) => {
      newest = text;
      await launch(text);
    },
    signal: (name) => current().signal(name),
  };
}

/** Its own pid in `show info`: after a reload the socket may for a moment still be the old process's. */
async function serving(running: Running, command: (line: string) => Promise<string>): Promise<void> {
  let gone = false;
  void running.exited.then(() => {
    gone = true;
  });
  await until("HAProxy to serve", async () => {
    if (gone) return true;
    return new RegExp(`^Pid: ${running.pid}$`, "m").test(await command("show info"));
  });
  if (gone) throw new Error(`HAProxy ended: ${running.output()}`);
}

function ask(socket: string, line: string): Promise<string> {
  return new Promise((done, fail) => {
    let answer = "";
    const connection = connect(socket, () => connection.write(`${line}\n`));
    connection.setEncoding("utf8").setTimeout(5000, () => connection.destroy(new Error(`no answer to "${line}"`)));
    connection.on("data", (text) => {
      answer += text;
    });
    connection.on("end", () => done(answer));
    connection.on("error", fail);
  });
}

function readCsv(text: string): ReadonlyMap<string, Columns> {
  const [head = "", ...lines] = text.trim().split("\n");
  const names = head.replace(/^# /, "").split(",");
  const rows = lines.map((line) => columns(names, splitCsv(line)));
  return new Map(rows.map((row) => [`${row.pxname}/${row.svname}`, row]));
}

function readState(text: string): ReadonlyMap<string, Columns> {
  const [, head = "", ...lines] = text.trim().split("\n");
  const names = head.replace(/^# /, "").split(" ");
  const rows = lines.map((line) => columns(names, line.split(" ")));
  return new Map(rows.map((row) => [`${row.be_name}/${row.srv_name}`, row]));
}

const columns = (names: readonly string[], cells: readonly string[]): Columns =>
  Object.fromEntries(names.map((name, at) => [name, (cells[at] ?? "").replace(/^\* /, "")]));

const splitCsv = (line: string): string[] =>
  [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = ""]) =>
    cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
  );
