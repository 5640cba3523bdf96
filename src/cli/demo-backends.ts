import { createServer, type Server } from "node:http";

/** A small web server to check that can be told to misbehave. */
export interface Backend {
  readonly name: string;
  readonly port: number;
  mood: "ok" | "broken" | "hung";
  close(): Promise<void>;
}

const MOODS: Readonly<Record<string, Backend["mood"]>> = { break: "broken", hang: "hung", fix: "ok" };

/** `break 1` -> how to change which server; null when it is no such order. */
export function parseOrder(line: string): { readonly mood: Backend["mood"]; readonly index: number } | null {
  const [, verb, number] = /^\s*(break|hang|fix)\s+(?:web)?(\d+)\s*$/i.exec(line) ?? [];
  const mood = MOODS[(verb ?? "").toLowerCase()];
  return mood === undefined ? null : { mood, index: Number(number) - 1 };
}

/** Starts one backend; rejects when its port is taken. */
export async function startBackend(name: string, port: number, say: (text: string) => void): Promise<Backend> {
  const server = createServer((request, response) => {
    const [, verb] = /^\/(break|hang|fix)$/.exec(request.url ?? "") ?? [];
    const mood = MOODS[verb ?? ""];
    if (mood !== undefined && request.method === "POST") {
      backend.mood = mood;
      say(`${name} is ${mood}`);
      response.end(`${name} is ${mood}\n`);
    } else if (backend.mood !== "hung") {
      response.end(backend.mood === "ok" ? "test me\n" : "Fatal error: out of cheese\n");
    }
  });
  const backend: Backend = { name, port, mood: "ok", close: () => closeServer(server) };
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", done);
  });
  return backend;
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((done) => server.close(() => done()));
}
