import type { Socket } from "node:net";
import { type Fake, fake } from "./misbehaving.ts";

/** What a fake Redis server answers, by the words of the command in capitals ("INFO REPLICATION"); a string that begins with "-" is an error reply. */
export type Script = Readonly<Record<string, string | number | null | readonly unknown[]>>;

/** A fake server whose script may change while it runs. */
export interface FakeRedis extends Fake {
  script: Script;
  /** All commands that came, oldest first. */
  readonly heard: string[];
  /** Connections that are open. */
  readonly sockets: Set<Socket>;
  /** Says something to all who are connected, asked or not. */
  shout(reply: readonly unknown[]): void;
}

/** A value in Redis's protocol. */
export function encode(value: unknown): string {
  if (value === null || value === undefined) return "*-1\r\n";
  if (typeof value === "number") return `:${value}\r\n`;
  if (Array.isArray(value)) return `*${value.length}\r\n${value.map(encode).join("")}`;
  const text = String(value);
  return text.startsWith("-") ? `${text}\r\n` : `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
}

/** Takes the commands out of what came; gives the words of each and what is left. */
function commandsIn(text: string): { readonly commands: readonly string[]; readonly rest: string } {
  const commands: string[] = [];
  for (let rest = text; ; ) {
    const [head, count] = /^\*(\d+)\r\n/.exec(rest) ?? [];
    if (head === undefined) return { commands, rest };
    const words: string[] = [];
    let left = rest.slice(head.length);
    while (words.length < Number(count)) {
      const [length, size] = /^\$(\d+)\r\n/.exec(left) ?? [];
      if (length === undefined || left.length < length.length + Number(size) + 2) return { commands, rest };
      words.push(left.slice(length.length, length.length + Number(size)));
      left = left.slice(length.length + Number(size) + 2);
    }
    commands.push(words.join(" "));
    rest = left;
  }
}

/** Answers the commands of one connection by a script. */
export function serveScript(socket: Socket, script: () => Script, heard: (command: string) => void = () => {}): void {
  let got = "";
  socket.on("data", (chunk: Buffer) => {
    const { commands, rest } = commandsIn(got + chunk.toString("latin1"));
    got = rest;
    for (const command of commands) {
      heard(command);
      const answer = script()[command.toUpperCase()];
      if (/^SUBSCRIBE /i.test(command) && answer === undefined) subscribe(socket, command);
      else socket.write(answer === undefined ? encode(`-ERR unknown command '${command}'`) : encode(answer));
    }
  });
}

function subscribe(socket: Socket, command: string): void {
  const [, ...channels] = command.split(" ");
  for (const [index, channel] of channels.entries()) socket.write(encode(["subscribe", channel, index + 1]));
}

/** Starts a fake Redis server or Sentinel. */
export async function fakeRedis(script: Script): Promise<FakeRedis> {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const server: FakeRedis = {
    ...(await fake((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      serveScript(
        socket,
        () => server.script,
        (command) => heard.push(command),
      );
    })),
    script,
    heard,
    sockets,
    shout(reply) {
      for (const socket of sockets) socket.write(encode(reply));
    },
  };
  return server;
}

const REPLICATION = {
  connected_slaves: 1,
  master_replid: "a".repeat(40),
  master_replid2: "0".repeat(40),
  master_repl_offset: 1000,
};

const lines = (fields: Readonly<Record<string, string | number>>): string =>
  Object.entries(fields)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join("");

/** What a healthy master answers; `fields` are further ones of INFO replication, or others. */
export const masterScript = (fields: Readonly<Record<string, string | number>> = {}): Script => ({
  PING: "PONG",
  ROLE: ["master", 1000, [["127.0.0.1", "7002", "1000"]]],
  "INFO REPLICATION": `# Replication\r\n${lines({ role: "master", ...REPLICATION, ...fields })}`,
  "INFO CLUSTER": "# Cluster\r\ncluster_enabled:0\r\n",
});

/** What a healthy replica of host:port answers. */
export const replicaScript = (
  host: string,
  port: number,
  fields: Readonly<Record<string, string | number>> = {},
): Script => {
  const own = {
    role: "slave",
    master_host: host,
    master_port: port,
    master_link_status: "up",
    master_last_io_seconds_ago: 1,
    master_sync_in_progress: 0,
    slave_repl_offset: 900,
    slave_read_only: 1,
  };
  const all = { ...own, ...REPLICATION, connected_slaves: 0, master_repl_offset: 900, ...fields };
  return {
    PING: "PONG",
    ROLE: ["slave", host, port, all.master_link_status === "up" ? "connected" : "connect", 900],
    "INFO REPLICATION": `# Replication\r\n${lines(all)}`,
    "INFO CLUSTER": "# Cluster\r\ncluster_enabled:0\r\n",
  };
};

/** What a Sentinel answers that watches `mymaster`, with these replicas. */
export const sentinelScript = (
  host: string,
  port: number,
  { flags = "master", epoch = 3, quorum = "OK 3 usable Sentinels", replicas = [] as readonly number[] } = {},
): Script => ({
  "SENTINEL GET-MASTER-ADDR-BY-NAME MYMASTER": [host, String(port)],
  "SENTINEL MASTER MYMASTER": [
    "name",
    "mymaster",
    "ip",
    host,
    "port",
    String(port),
    "flags",
    flags,
    "config-epoch",
    String(epoch),
  ],
  "SENTINEL CKQUORUM MYMASTER": quorum,
  "SENTINEL REPLICAS MYMASTER": replicas.map((each) => [
    "name",
    `${host}:${each}`,
    "ip",
    host,
    "port",
    String(each),
    "flags",
    "slave",
  ]),
});
