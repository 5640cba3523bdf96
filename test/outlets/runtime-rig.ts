import { createServer } from "node:net";
import { afterEach } from "vitest";
import type { Delivery, OutletEnv } from "../../src/contract.ts";
import { LiveBoard } from "../../src/engine/board.ts";
import { createClock } from "../../src/engine/clock.ts";
import { outlets } from "../../src/outlets/index.ts";
import type { Haproxy } from "../servers/haproxy.ts";
import { freePort } from "../servers/process.ts";
import { type Made, viewOf } from "./outlet-env.ts";

export const clock = createClock((error) => {
  throw error;
});

/** Things to stop after the test, the last one first. */
export const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** The runtime outlet with a board of the test. */
export async function startOutlet(options: object, ports: Readonly<Record<string, number>> = {}) {
  const kind = outlets.get("runtime");
  if (kind === undefined) throw new Error("no runtime outlet");
  const deliveries: Delivery[] = [];
  const lines: string[] = [];
  const board = new LiveBoard(() => {});
  const env: OutletEnv = {
    pool: "web",
    clock,
    board,
    log: (level, text) => void lines.push(`${level} ${text}`),
    report: (delivery) => void deliveries.push(delivery),
    registry: () => {
      throw new Error("no registry");
    },
    dryRun: false,
    agentPorts: (target) => (ports[target] === undefined ? [] : [ports[target]]),
  };
  const { stop } = await kind.create(kind.options.parse(options), env).start();
  let stopped = false;
  const end = async (why: "exit" | "removed" = "exit"): Promise<void> => {
    if (stopped) return;
    stopped = true;
    await stop(why);
  };
  stops.push(end);
  let since = 0;
  const show = (rows: Readonly<Record<string, Made>>, settled = true): void => {
    since += 1;
    board.post(viewOf("web", rows, settled, null, since));
  };
  /** The newest delivery about a target. */
  const last = (target: string): Delivery | undefined => deliveries.findLast(({ about }) => about === `web/${target}`);
  return { show, deliveries, lines, last, board, stop: end };
}

/** An agent whose answer a test sets; counts the questions. */
export async function startAgent(initial: string, delayMs = 0) {
  let answer = initial;
  let asked = 0;
  const server = createServer((socket) => {
    asked += 1;
    const line = answer;
    socket.on("error", () => {});
    setTimeout(() => socket.end(line), delayMs);
  });
  const port = await freePort();
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  stops.push(() => new Promise((done) => server.close(done)));
  return {
    port,
    say: (line: string) => {
      answer = line;
    },
    asked: () => asked,
  };
}

/** Slots that take traffic, with their addresses. */
export async function takenSlots(haproxy: Haproxy): Promise<Record<string, string>> {
  const [states, stats] = await Promise.all([haproxy.state(), haproxy.stat()]);
  const active = [...states].filter(([id]) => stats.get(id)?.status !== "MAINT");
  return Object.fromEntries(active.map(([id, row]) => [id.replace("web/", ""), `${row.srv_addr}:${row.srv_port}`]));
}
