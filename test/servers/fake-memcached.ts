import type { Socket } from "node:net";
import { type Fake, fake } from "./misbehaving.ts";

/** What a fake memcached does other than store and find. */
export interface Mood {
  /** First words of a command -> its answer. */
  readonly answers?: Readonly<Record<string, string>>;
  readonly stats?: Readonly<Record<string, string | number>>;
}

/** A fake memcached whose mood may change while it runs. */
export interface FakeMemcached extends Fake {
  mood: Mood;
  readonly sockets: Set<Socket>;
}

const STATS = {
  uptime: 1000,
  version: "1.6.18",
  curr_connections: 3,
  max_connections: 1024,
  rejected_connections: 0,
  accepting_conns: 1,
  bytes: 1000,
  limit_maxbytes: 8_000_000,
  evictions: 0,
};

/** Answers the commands of one connection. */
export function serveMemcached(socket: Socket, mood: () => Mood = () => ({})): void {
  const values = new Map<string, string>();
  let got = "";
  const step = (): boolean => {
    const end = got.indexOf("\r\n");
    if (end < 0) return false;
    const words = got.slice(0, end).split(" ");
    const [verb = "", key = ""] = words;
    const length = verb === "set" ? Number(words[4]) : verb === "ms" ? Number(words[2]) : null;
    const next = end + 2 + (length === null ? 0 : length + 2);
    if (got.length < next) return false;
    if (length !== null) values.set(key, got.slice(end + 2, end + 2 + length));
    got = got.slice(next);
    socket.write(mood().answers?.[verb] ?? answer(verb, key));
    return true;
  };
  const answer = (verb: string, key: string): string => {
    const value = values.get(key);
    switch (verb) {
      case "set":
        return "STORED\r\n";
      case "get":
        return value === undefined ? "END\r\n" : `VALUE ${key} 0 ${value.length}\r\n${value}\r\nEND\r\n`;
      case "mg":
        return value === undefined ? "EN\r\n" : `VA ${value.length}\r\n${value}\r\n`;
      case "delete":
        return values.delete(key) ? "DELETED\r\n" : "NOT_FOUND\r\n";
      case "ms":
      case "md":
        return "HD\r\n";
      case "stats":
        return `${Object.entries({ ...STATS, ...mood().stats })
          .map(([name, each]) => `STAT ${name} ${each}\r\n`)
          .join("")}END\r\n`;
      default:
        return "ERROR\r\n";
    }
  };
  socket.on("data", (chunk: Buffer) => {
    got += chunk.toString("latin1");
    while (step());
  });
}

/** Starts a fake memcached. */
export async function fakeMemcached(mood: Mood = {}): Promise<FakeMemcached> {
  const sockets = new Set<Socket>();
  const server: FakeMemcached = {
    ...(await fake((socket) => {
      sockets.add(socket);
      socket.on("close", () => sockets.delete(socket));
      serveMemcached(socket, () => server.mood);
    })),
    mood,
    sockets,
  };
  return server;
}
