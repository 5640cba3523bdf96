import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startNginx } from "../servers/nginx.ts";
import { freePort, sleep } from "../servers/process.ts";
import { OTHER_CPU, pin, rssMb, runCost } from "./lib/cost.mjs";
import { CHECKD, startDaemon, stopper } from "./lib/daemon.mjs";
import { atMost, seen } from "./lib/table.mjs";

export const title = "CPU of short runs, against an empty Node process; memory of an idle daemon";

const IDLE_MS = 5000;

function commands(empty, port) {
  const probe = ["probe", "http-content", `127.0.0.1:${port}`, "--opt", "contains=test me"];
  return {
    empty: [process.execPath, empty],
    help: [process.execPath, CHECKD, "--help"],
    version: [process.execPath, CHECKD, "--version"],
    probe: [process.execPath, CHECKD, ...probe],
  };
}

/** Rounds of all commands, one after the other; the first round warms up and does not count. */
function measure(all, rounds) {
  const results = [];
  for (let at = 0; at <= rounds; at++) {
    const costs = {};
    for (const [name, argv] of Object.entries(all)) {
      const { cpuUs, code, stderr } = runCost(argv);
      if (code !== 0) throw new Error(`${argv.join(" ")} ended with ${code}: ${stderr}`);
      costs[name] = cpuUs;
    }
    if (at > 0) results.push(costs);
  }
  return results;
}

/** A daemon as most will run it: a few pools, all doors open, nobody asks. */
async function idleMemory(all, web) {
  const [shared, http, own] = [await freePort(), await freePort(), await freePort()];
  const check = { type: "http-content", contains: "test me" };
  const daemon = all.keep(
    await startDaemon({
      agent: { listen: `127.0.0.1:${shared}`, http: `127.0.0.1:${http}` },
      pools: {
        web: { check, targets: { a: { address: `127.0.0.1:${web}`, agent_port: own }, b: `127.0.0.1:${web}` } },
        port: { check: { type: "tcp" }, targets: { c: `127.0.0.1:${web}`, d: `127.0.0.1:${web}` } },
      },
    }),
  );
  await sleep(IDLE_MS);
  return rssMb(daemon.pid);
}

export async function run({ rounds = 25, add, say }) {
  const running = stopper();
  const dir = mkdtempSync(join(tmpdir(), "checkd-bench-"));
  running.later(() => rmSync(dir, { recursive: true, force: true }));
  try {
    const empty = join(dir, "empty.cjs");
    writeFileSync(empty, "");
    const nginx = running.keep(await startNginx({ content: "this is the test me page\n" }));
    pin(nginx.pid, OTHER_CPU);
    const results = measure(commands(empty, nginx.port), rounds);
    const ratio = (name) => results.map((costs) => costs[name] / costs.empty);
    add(
      seen(
        "an empty Node process",
        results.map((costs) => costs.empty / 1000),
        "ms CPU",
      ),
    );
    add(atMost("checkd --help, to an empty Node process", ratio("help"), 1.3));
    add(seen("checkd --version, to an empty Node process", ratio("version"), "x"));
    add(atMost("checkd probe http-content, to an empty Node process", ratio("probe"), 1.6));
    say("a daemon that idles");
    add(atMost("memory of an idle daemon", [await idleMemory(running, nginx.port)], 80, "MB"));
  } finally {
    await running.stop();
  }
}
