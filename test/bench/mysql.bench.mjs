import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MONITOR, startPair } from "../servers/mariadb.ts";
import { sleep, until } from "../servers/process.ts";
import { OTHER_CPU, pin, rssMb, runCost } from "./lib/cost.mjs";
import { startDaemon, stopper } from "./lib/daemon.mjs";
import { median } from "./lib/numbers.mjs";
import { atLeast, atMost, seen } from "./lib/table.mjs";
import { sideBySide, startBare } from "./lib/windows.mjs";

export const title = "a kept MySQL check, against the library alone and against bash + mysql; 500 targets";

const FEW = 100;
const MANY = 500;
const SETTLE_MS = 6000;
const SCRIPTS = 10;
const NEVER = 1_000_000;

/** Many targets at one replica: what a check costs us does not depend on whom it asks. */
function config(port, count, more) {
  const check = { type: "mysql-replica", ...MONITOR, max_lag: "30s", ...more };
  const targets = Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, `127.0.0.1:${port}`]));
  return { pools: { p: { every: "1s", check, targets } } };
}

const verdicts = (output) => output.split("\n").filter((line) => line.includes(" state=up")).length;

/** CPU microseconds of one run of the script that most people have. */
function scriptCosts(port) {
  const dir = mkdtempSync(join(tmpdir(), "checkd-bench-"));
  try {
    const script = join(dir, "check.sh");
    const query = `mysql --no-defaults -h 127.0.0.1 -P ${port} -u ${MONITOR.user} -p${MONITOR.password} -e 'SHOW SLAVE STATUS\\G'`;
    const text = `#!/bin/bash\nlag=$(${query} 2>/dev/null | grep Seconds_Behind_Master | awk '{print $2}')\n[ "$lag" -lt 30 ] && echo up || echo down\n`;
    writeFileSync(script, text);
    chmodSync(script, 0o755);
    return Array.from({ length: SCRIPTS }, () => runCost([script]).cpuUs);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function few(port, rounds, add) {
  const running = stopper();
  try {
    const kept = running.keep(await startDaemon(config(port, FEW, { fresh_every: NEVER })));
    const shipped = running.keep(await startDaemon(config(port, FEW, {})));
    const bare = running.keep(
      await startBare(fileURLToPath(new URL("lib/bare-mysql.mjs", import.meta.url)), [
        port,
        ...Object.values(MONITOR),
        FEW,
      ]),
    );
    await until("all verdicts", () => [kept, shipped].every((each) => verdicts(each.output()) === FEW), 20_000);
    await sleep(SETTLE_MS);
    const windows = await sideBySide([kept.pid, shipped.pid, bare.pid], rounds);
    const script = median(scriptCosts(port));
    const ratio = (index) => windows.map((costs) => costs[index] / costs[2]);
    add(
      seen(
        "mysql2 alone, a question at 100/s",
        windows.map((costs) => costs[2] / FEW),
        "us",
      ),
    );
    add(atMost("kept check, to mysql2 alone", ratio(0), 1.25));
    add(seen("check with shipped defaults (every 10th over a new connection), to mysql2 alone", ratio(1), "x"));
    add(
      atLeast(
        "bash + mysql client, to a kept check",
        windows.map(([cost]) => script / (cost / FEW)),
        15,
      ),
    );
  } finally {
    await running.stop();
  }
}

/** Seconds from the start of the process to the last first verdict, and the daemon. */
async function coldStart(port) {
  const from = performance.now();
  const daemon = await startDaemon(config(port, MANY, {}));
  await until("all verdicts", () => verdicts(daemon.output()) === MANY, 30_000, 50);
  return { seconds: (performance.now() - from) / 1000, daemon };
}

async function many(port, rounds, add) {
  const running = stopper();
  try {
    const idle = running.keep(await startDaemon(config(port, 1, {})));
    await sleep(SETTLE_MS);
    const before = rssMb(idle.pid);
    await idle.stop();
    const starts = [];
    for (let at = 1; at < rounds; at++) {
      const { seconds, daemon } = await coldStart(port);
      starts.push(seconds);
      await daemon.stop();
    }
    const { seconds, daemon } = await coldStart(port);
    running.keep(daemon);
    add(atMost(`${MANY} targets, first verdicts after a cold start`, [...starts, seconds], 3, "s"));
    await sleep(2 * SETTLE_MS);
    const windows = await sideBySide([daemon.pid], rounds);
    add(
      atMost(
        `${MANY} targets each second`,
        windows.map(([cost]) => cost / 1e4),
        15,
        "% of a core",
      ),
    );
    add(atMost("memory of a target", [(rssMb(daemon.pid) - before) / (MANY - 1)], 0.8, "MB"));
  } finally {
    await running.stop();
  }
}

export async function run({ rounds = 5, add, say }) {
  const running = stopper();
  try {
    const { replica, primary } = running.keep(await startPair(["--max-connections=2000"]));
    for (const { pid } of [replica, primary]) pin(pid, OTHER_CPU);
    await few(replica.port, rounds, add);
    say(`${MANY} targets`);
    await many(replica.port, rounds, add);
  } finally {
    await running.stop();
  }
}
