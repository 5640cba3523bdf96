import { createServer } from "node:http";
import type { Socket } from "node:net";

/** A web server of a test that can be told to misbehave. */
export interface Web {
  readonly port: number;
  /** `hung` takes requests and never answers. */
  mood: "ok" | "broken" | "hung";
  /** Requests so far. */
  requests(): number;
  stop(): Promise<void>;
}

/** What it says while it is well. */
const CONTENT = "this is the test me page\n";

/** Starts one on a free port. */
export async function startWeb(port = 0): Promise<Web> {
  let requests = 0;
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => {
    requests += 1;
    if (web.mood !== "hung") response.end(web.mood === "ok" ? CONTENT : "Fatal error\n");
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done, fail) => server.once("error", fail).listen(port, "127.0.0.1", done));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const web: Web = {
    port: address.port,
    mood: "ok",
    requests: () => requests,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
  return web;
}
