import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Socket } from "node:net";

/** Over which connection a probe asks. */
export interface Connections {
  /** For the next request; false: one of its own. */
  next(): HttpAgent | false;
  using(socket: Socket): void;
  /** The request has ended; `kept`: its connection stays open. */
  idle(kept: boolean): void;
  close(): void;
}

/** A new connection for each request. */
export const freshConnections: Connections = { next: () => false, using() {}, idle() {}, close() {} };

/** Every so often a new connection: a kept one says nothing of the listener and its queue. */
const FRESH_EVERY = 10;

/** One kept connection; `lost` is called when the server closes it between two requests. */
export function keptConnection(scheme: "http" | "https", lost: () => void): Connections {
  const settings = { keepAlive: true, maxSockets: 1 };
  const agent = scheme === "http" ? new HttpAgent(settings) : new HttpsAgent(settings);
  const seen = new WeakSet<Socket>();
  let waiting: Socket | null = null;
  let current: Socket | null = null;
  let requests = 0;

  const drop = (): void => {
    waiting = null;
    agent.destroy();
  };
  return {
    next() {
      waiting = null;
      requests += 1;
      if (requests % FRESH_EVERY === 0) drop();
      return agent;
    },
    using(socket) {
      current = socket;
      if (seen.has(socket)) return;
      seen.add(socket);
      // The agent keeps to the server's own `Keep-Alive: timeout=`: an end that was announced is no news.
      socket.once("timeout", () => {
        if (waiting === socket) waiting = null;
      });
      socket.once("close", () => {
        if (waiting !== socket) return;
        waiting = null;
        lost();
      });
    },
    idle(kept) {
      waiting = kept ? current : null;
    },
    close: drop,
  };
}
