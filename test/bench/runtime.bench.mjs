import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { setPriority } from "node:os";
import { join } from "node:path";
import { startInstance, zooKeeperRegistrations } from "../e2e/instances.ts";
import { HAPROXY_DEFAULTS, startHaproxy } from "../servers/haproxy.ts";
import { freePort, sleep, tempDir, until } from "../servers/process.ts";
import { startRedis } from "../servers/redis.ts";
import { startZooKeeper } from "../servers/zookeeper.ts";
import { cpuUs, MEASURED_CPU, OTHER_CPU, pin } from "./lib/cost.mjs";
import { startDaemon, stopper } from "./lib/daemon.mjs";
import { median, percentile } from "./lib/numbers.mjs";
import { atMost, seen } from "./lib/table.mjs";

export const title = "HAProxy's runtime socket: registrations, downs, reloads, and doing nothing";

const TRIALS = 100;
const DOWNS = 30;
const EVERY_MS = 300;
const SLOTS = 1000;
const IDLE_WINDOWS = 6;
const IDLE_WINDOW_S = 5;
const LOOK_MS = 1;

const slots = (count) =>
  `${HAPROXY_DEFAULTS}\nbackend web\n  balance roundrobin\n  server-template web 1-${count} 127.0.0.1:1 disabled\n`;

/** One line to a socket of HAProxy, with as little as possible between us and it. */
function ask(socket, line) {
  return new Promise((done, fail) => {
    let text = "";
    const connection = connect(socket, () => connection.write(`${line}\n`));
    connection.on("data", (chunk) => {
      text += chunk;
    });
    connection.on("end", () => done(text));
    connection.on("error", fail);
  });
}

/** Milliseconds until `done` is true, looked at every millisecond. */
async function timed(done) {
  const begun = performance.now();
  while (!(await done())) {
    if (performance.now() - begun > 20_000) throw new Error("not within 20 s");
    await sleep(LOOK_MS);
  }
  return performance.now() - begun;
}

/** Slots that take traffic: no forced maintenance, no drain. */
async function serving(socket) {
  const rows = (await ask(socket, "show servers state web")).split("\n").slice(2);
  return rows.map((row) => row.split(" ")).filter((cells) => cells.length > 20 && (Number(cells[6]) & 59) === 0);
}

/** Other jobs of the machine are not what is measured. Every thread has a priority of its own. */
function preferred(pid) {
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), -10);
  } catch {
    // Without the right to it the numbers are those of the machine as it is.
  }
}

async function startedDaemon(running, config) {
  const daemon = running.keep(await startDaemon(config));
  preferred(daemon.pid);
  return daemon;
}

const startedHaproxy = async (running, config) => {
  const haproxy = running.keep(await startHaproxy({ config }));
  pin(haproxy.pid(), OTHER_CPU);
  preferred(haproxy.pid());
  return haproxy;
};

/** From the word of ZooKeeper that it has a registration to HAProxy's own state, the first probe of the instance between. */
async function registrations() {
  const running = stopper();
  try {
    const zk = running.keep(await startZooKeeper());
    preferred(zk.pid);
    const apps = await zooKeeperRegistrations(zk.address, (app) => `/apps/${app}`);
    running.later(() => apps.close());
    const instance = running.keep(await startInstance("bench"));
    const haproxy = await startedHaproxy(running, slots(20));
    await startedDaemon(running, {
      registries: { zk: { driver: "zookeeper", address: zk.address } },
      pools: {
        web: {
          source: { type: "registry", registry: "zk", path: "/apps/web" },
          check: { type: "http-content", path: "/probe.jsp" },
          shrink_guard: { share: "100%", for: "0s" },
          runtime: { sockets: haproxy.socket, slots: "web1..20" },
        },
      },
    });
    const joins = [];
    const leaves = [];
    for (let at = 0; at < TRIALS; at++) {
      const id = `i${at}`;
      await apps.add("web", id, `127.0.0.1:${instance.port}`);
      joins.push(await timed(async () => (await serving(haproxy.socket)).length === 1));
      await sleep(130 + Math.random() * 50);
      await apps.remove("web", id);
      leaves.push(await timed(async () => (await serving(haproxy.socket)).length === 0));
      await sleep(130 + Math.random() * 50);
    }
    return { joins, leaves };
  } finally {
    await running.stop();
  }
}

/** A Redis: its kept connection breaks with it, and a fresh one is refused. */
async function heldTarget() {
  const redis = await startRedis();
  return {
    address: redis.address,
    die: () => redis.signal("SIGKILL"),
    revive: () => redis.restart(),
    stop: () => redis.stop(),
    pool: { check: { type: "redis-master" } },
  };
}

/** An HTTP server that nobody keeps a connection to: the next check is the first to notice. */
async function askedTarget() {
  const port = await freePort();
  const server = createServer((_, answer) => answer.end("fine"));
  const listen = () => new Promise((done) => server.listen(port, "127.0.0.1", done));
  const close = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  await listen();
  return {
    address: `127.0.0.1:${port}`,
    die: close,
    revive: listen,
    stop: close,
    pool: { check: { type: "http-content", path: "/" }, every: `${EVERY_MS}ms`, fall: 1 },
  };
}

/** From the death of a target to `DOWN (agent)`. */
async function downs(start, trials) {
  const running = stopper();
  try {
    const target = running.keep(await start());
    const agent = await freePort();
    const config = `${HAPROXY_DEFAULTS}\nbackend one\n  server t1 ${target.address} agent-check agent-addr 127.0.0.1 agent-port ${agent} agent-inter 500ms\n`;
    const haproxy = await startedHaproxy(running, config);
    await startedDaemon(running, {
      pools: {
        one: {
          ...target.pool,
          max_age: "inf",
          when_none_fit: "none",
          targets: { t1: { address: target.address, agent_port: agent } },
          runtime: { sockets: haproxy.socket },
        },
      },
    });
    const status = async () => (await haproxy.server("one/t1")).status;
    const took = [];
    for (let at = 0; at < trials; at++) {
      await until("up", async () => (await status()) === "no check");
      await sleep(400 + Math.random() * 300);
      void target.die();
      took.push(await timed(async () => (await ask(haproxy.socket, "show stat one 4 -1")).includes("DOWN (agent)")));
      await target.revive();
    }
    return took;
  } finally {
    await running.stop();
  }
}

/** A thousand slots: again there after a reload, and nothing to do. */
async function thousand(rounds) {
  const running = stopper();
  const dir = tempDir("bench");
  running.later(() => rmSync(dir, { recursive: true, force: true }));
  try {
    const haproxy = await startedHaproxy(running, slots(SLOTS));
    const targets = Object.fromEntries(
      Array.from({ length: SLOTS }, (_, at) => [`t${at}`, `127.1.${at >> 8}.${at & 255 || 1}:${8000 + at}`]),
    );
    const pool = { check: "none", targets };
    const stateFile = join(dir, "state");
    writeFileSync(stateFile, "");
    const agent = { agent: { listen: `127.0.0.1:${await freePort()}` } };
    const runtime = { sockets: haproxy.socket, slots: `web1..${SLOTS}`, state_file: stateFile };
    const daemon = await startedDaemon(running, { ...agent, pools: { web: { ...pool, runtime } } });
    const all = async () => (await serving(haproxy.socket)).length === SLOTS;
    await until("all slots", all);
    const reloads = [];
    for (let at = 0; at < rounds; at++) {
      await haproxy.reload();
      reloads.push(await timed(all));
      await sleep(2500);
    }
    return { reloads, idle: await idleShares(daemon.pid) };
  } finally {
    await running.stop();
  }
}

/** Shares of a core, window by window: in one of them Node tidies up once, seconds after there was much to do. */
async function idleShares(pid) {
  await sleep(3000);
  const shares = [];
  for (let at = 0; at < IDLE_WINDOWS; at++) {
    const [from, before] = [performance.now(), cpuUs(pid)];
    await sleep(IDLE_WINDOW_S * 1000);
    shares.push((cpuUs(pid) - before) / 10 / (performance.now() - from));
  }
  return shares;
}

async function idleWithout() {
  const running = stopper();
  try {
    const targets = Object.fromEntries(Array.from({ length: SLOTS }, (_, at) => [`t${at}`, `127.0.0.1:${8000 + at}`]));
    const agent = { agent: { listen: `127.0.0.1:${await freePort()}` } };
    const daemon = await startedDaemon(running, { ...agent, pools: { web: { check: "none", targets } } });
    return median(await idleShares(daemon.pid));
  } finally {
    await running.stop();
  }
}

export async function run({ rounds = 3, add, say }) {
  preferred(process.pid);
  say(`HAProxy on core ${OTHER_CPU}, checkd on core ${MEASURED_CPU}`);
  const { joins, leaves } = await registrations();
  const note = `${TRIALS} trials, ZooKeeper, first HTTP probe included`;
  add(atMost("registration to HAProxy's state, p50", [median(joins)], 20, "ms", note));
  add(atMost("registration to HAProxy's state, p99", [percentile(joins, 0.99)], 60, "ms", note));
  add(atMost("leave to HAProxy's state, p50", [median(leaves)], 20, "ms", `${TRIALS} trials, ZooKeeper`));
  add(atMost("leave to HAProxy's state, p99", [percentile(leaves, 0.99)], 60, "ms", `${TRIALS} trials, ZooKeeper`));
  const held = await downs(heldTarget, DOWNS);
  add(seen("death of a Redis to DOWN (agent), p50", [median(held)], "ms", `${DOWNS} trials; the incumbent: 974`));
  add(atMost("death of a Redis to DOWN (agent), p99", [percentile(held, 0.99)], 50, "ms", "the incumbent: 2,001"));
  const asked = await downs(askedTarget, DOWNS);
  const late = percentile(asked, 0.99);
  add(atMost("the same without a kept connection, p99", [late], EVERY_MS + 50, "ms", `every: ${EVERY_MS}ms, fall: 1`));
  const { reloads, idle } = await thousand(rounds);
  add(atMost("1,000 slots again after a reload", reloads, 1000, "ms", "from when the new process answers"));
  const without = await idleWithout();
  add(
    atMost(
      "idle, 1,000 slots and a state file",
      idle.map((share) => share - without),
      1,
      "% of a core",
      `in ${IDLE_WINDOW_S} s each; ${without.toFixed(2)} % without runtime`,
    ),
  );
}
