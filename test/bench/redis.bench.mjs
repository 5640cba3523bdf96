import { fileURLToPath } from "node:url";
import { sleep, until } from "../servers/process.ts";
import { startRedis } from "../servers/redis.ts";
import { OTHER_CPU, pin } from "./lib/cost.mjs";
import { startDaemon, stopper } from "./lib/daemon.mjs";
import { atMost, seen } from "./lib/table.mjs";
import { sideBySide, startBare } from "./lib/windows.mjs";

export const title = "a kept Redis check, against the library alone";

const TARGETS = 100;
/**
 * Until the engine of JavaScript has compiled what runs often and its heap has its lasting size, and the journal of every
 * target is full: at 100/s that takes a daemon longer than a short program, and it runs for months.
 */
const SETTLE_MS = 80_000;
const NEVER = 1_000_000;

function config(port, more) {
  const targets = Object.fromEntries(Array.from({ length: TARGETS }, (_, at) => [`t${at}`, `127.0.0.1:${port}`]));
  return { pools: { p: { every: "1s", check: { type: "redis-master", ...more }, targets } } };
}

export async function run({ rounds = 5, add }) {
  const running = stopper();
  try {
    const redis = running.keep(await startRedis());
    pin(redis.pid(), OTHER_CPU);
    const kept = running.keep(await startDaemon(config(redis.port, { fresh_every: NEVER })));
    const shipped = running.keep(await startDaemon(config(redis.port, {})));
    const file = fileURLToPath(new URL("lib/bare-redis.mjs", import.meta.url));
    const bare = running.keep(await startBare(file, [redis.port, TARGETS]));
    const all = (text) => text.split("\n").filter((line) => line.includes(" state=up")).length === TARGETS;
    await until("all verdicts", () => all(kept.output()) && all(shipped.output()), 20_000);
    await sleep(SETTLE_MS);
    const windows = await sideBySide([kept.pid, shipped.pid, bare.pid], rounds);
    const ratio = (index) => windows.map((costs) => costs[index] / costs[2]);
    add(
      seen(
        "ioredis alone, the questions at 100/s",
        windows.map((costs) => costs[2] / TARGETS),
        "us",
      ),
    );
    add(atMost("kept check, to ioredis alone", ratio(0), 1.3));
    add(seen("check with shipped defaults (every 10th over a new connection), to ioredis alone", ratio(1), "x"));
  } finally {
    await running.stop();
  }
}
