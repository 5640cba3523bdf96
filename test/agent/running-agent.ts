import { type ConnectOpts, connect, type NetConnectOpts, type Socket } from "node:net";
import { type Agent, openAgent } from "../../agent/server.ts";
import type { AgentSettings } from "../../src/config/settings.ts";
import { steadyNow } from "../../src/engine/clock.ts";
import type { TargetId } from "../../src/index.ts";
import { FakeBoard, FakeProber } from "./fake-board.ts";

/** An agent of a test, and all it said. */
export interface RunningAgent {
  readonly agent: Agent;
  readonly board: FakeBoard;
  readonly prober: FakeProber;
  readonly log: string[];
  readonly heard: TargetId[];
  stop(): Promise<void>;
}

export const NO_DOORS: AgentSettings = {
  listen: [],
  http: [],
  allow: [],
  maxConnections: 1024,
  maxPerPeer: 256,
  timeoutMs: 5000,
  ports: [],
};

/** A row that needs no probe for as long as a test runs. */
export const FRESH = { observedAt: Number.POSITIVE_INFINITY } as const;

/** Starts all doors of these settings. */
export async function startAgent(settings: Partial<AgentSettings>): Promise<RunningAgent> {
  const board = new FakeBoard();
  const prober = new FakeProber();
  const log: string[] = [];
  const heard: TargetId[] = [];
  let open = false;
  // It has been listening for a minute: whoever polls is known.
  const clock = { now: () => (open ? steadyNow() : steadyNow() - 60_000), wall: Date.now, at: () => () => {} };
  const agent = openAgent({
    ...{ board, prober, clock },
    log: (level, text) => log.push(`${level}: ${text}`),
    heard: (id) => heard.push(id),
  });
  open = true;
  const started = await Promise.all(agent.parts({ ...NO_DOORS, ...settings }).map(({ part }) => part.start()));
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((each) => each.stop("exit")));
  };
  return { agent, board, prober, log, heard, stop };
}

type Where = NetConnectOpts & ConnectOpts;

/** Connects, sends what is given, and gives all that came until the agent closed; a reset after the answer is none. */
export function ask(where: Where, send: string | Buffer | null = null): Promise<string> {
  return new Promise((done, fail) => {
    let text = "";
    const socket: Socket = connect(where, () => {
      if (send !== null) socket.write(send);
    });
    socket.setTimeout(20_000, () => socket.destroy(new Error("no answer")));
    socket.on("data", (chunk) => {
      text += chunk;
    });
    socket.on("error", (error) => {
      if (text === "") fail(error);
    });
    socket.on("close", () => done(text));
  });
}

/** Asks a port of the loopback. */
export const askPort = (port: number, send: string | Buffer | null = null, host = "127.0.0.1"): Promise<string> =>
  ask({ port, host }, send);
