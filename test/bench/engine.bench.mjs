import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkOf, poolOf, settingsOf, target } from "../engine/rig.ts";
import { freePort, listening, sleep, start } from "../servers/process.ts";
import { compiled, cpuUs, MEASURED_CPU, OTHER_CPU, pinned, rssMb } from "./lib/cost.mjs";
import { checker, startDaemon, stopper } from "./lib/daemon.mjs";
import { steppedEngine } from "./lib/stepped-engine.mjs";
import { atMost, seen } from "./lib/table.mjs";

export const title = "what the engine and TCP checks cost, and that probes of a target never overlap";

const TARGETS = 1000;
const SETTLE_MS = 5000;
const WINDOW_S = 5;
/** The journal keeps 50 observations of each target: by then it is full. */
const SETTLED_S = 60;

/** `count` targets at one address. */
const targets = (count, address) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`t${index}`, address]));

const many = (check, address, every = "1s") => ({
  pools: { p: { every, check, targets: targets(TARGETS, address) } },
});

/** CPU microseconds a second of a daemon, by windows. */
async function loadOf(pid, rounds) {
  const all = [];
  for (let at = 0; at < rounds; at++) {
    const [from, cpu] = [performance.now(), cpuUs(pid)];
    await sleep(WINDOW_S * 1000);
    all.push((cpuUs(pid) - cpu) / ((performance.now() - from) / 1000));
  }
  return all;
}

async function costOf(config, rounds) {
  const daemon = await startDaemon(config);
  try {
    await sleep(SETTLE_MS);
    return { us: await loadOf(daemon.pid, rounds), rss: rssMb(daemon.pid) };
  } finally {
    await daemon.stop();
  }
}

/** CPU microseconds of a check, one after the other: what the engine itself does, whatever a wake-up costs here. */
async function ownCost(rounds) {
  const pass = { outcome: "pass", reason: "always", facts: {}, weight: null, claim: null };
  let asked = 0;
  const ask = async () => {
    asked += 1;
    return pass;
  };
  const close = async () => {};
  const check = checkOf({ create: () => ({ open: () => ({ ask, close }), close }) }, { everyMs: 1000 });
  const all = Array.from({ length: TARGETS }, (_, index) => target(`t${index}`, 1 + index));
  const { pass: run } = await steppedEngine(settingsOf(poolOf("p", { checks: [check], targets: all })));
  await run(SETTLED_S);
  const costs = [];
  for (let at = 0; at < rounds; at++) {
    const [before, from] = [asked, process.cpuUsage()];
    await run(SETTLED_S);
    const { user, system } = process.cpuUsage(from);
    costs.push((user + system) / (asked - before));
  }
  return costs;
}

/** CPU microseconds a second of a process that only wakes up. */
async function wakeCost(rounds) {
  const timer = fileURLToPath(new URL("lib/bare-timer.mjs", import.meta.url));
  const running = await start(pinned(MEASURED_CPU, [process.execPath, timer]));
  try {
    await sleep(SETTLE_MS);
    return await loadOf(running.pid, rounds);
  } finally {
    await running.stop();
  }
}

async function overlaps(rounds) {
  const dir = mkdtempSync(join(tmpdir(), "checkd-bench-"));
  const report = join(dir, "report");
  const config = many({ type: checker("watchful"), longest_ms: 400, report }, "127.0.0.1:1", "200ms");
  config.pools.p.timeout = "350ms";
  const daemon = await startDaemon(config);
  try {
    await sleep(SETTLE_MS + rounds * 1000);
    const last = readFileSync(report, "utf8").trim().split("\n").at(-1) ?? "";
    const [probes, overlapping] = last.split(" ").map(Number);
    return { probes, overlapping };
  } finally {
    await daemon.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

export async function run({ rounds = 5, add, say }) {
  const running = stopper();
  try {
    const port = await freePort();
    running.keep(await start(pinned(OTHER_CPU, [compiled("agent-reference"), String(port)])));
    await listening(port);
    say("1,000 checks a second that ask nobody");
    const perCheck = (all) => all.map((us) => us / TARGETS);
    add(atMost("engine, a check", await ownCost(rounds), 5, "us"));
    const nothing = await costOf(many({ type: checker("always") }, "127.0.0.1:1"), rounds);
    add(seen("daemon, a check at 1,000/s, with its 20 wake-ups a second", perCheck(nothing.us), "us"));
    add(seen("a process that only wakes up so often, for as many checks", perCheck(await wakeCost(rounds)), "us"));
    say("1,000 TCP checks a second");
    const tcp = await costOf(many({ type: "tcp" }, `127.0.0.1:${port}`), rounds);
    add(
      atMost(
        "1,000 TCP checks a second",
        tcp.us.map((us) => us / 1e4),
        15,
        "% of a core",
      ),
    );
    add(seen("memory with 1,000 TCP targets", [tcp.rss], "MB"));
    say("1,000 targets whose answers take longer than the interval");
    const { probes, overlapping } = await overlaps(rounds);
    add(atMost(`overlapping probes, of ${probes}`, [overlapping], 0, ""));
  } finally {
    await running.stop();
  }
}
