import { connect } from "node:net";
import { follow, MONITOR, replicates, startMariadb } from "../servers/mariadb.ts";
import { sleep, until } from "../servers/process.ts";
import { startRedis } from "../servers/redis.ts";
import { startDaemon, stopper } from "./lib/daemon.mjs";
import { percentile } from "./lib/numbers.mjs";
import { atMost, seen } from "./lib/table.mjs";

export const title = "from kill -9 of a server with a kept connection to the changed verdict";

const TRIALS = 60;
const APART_MS = 150;
const SETTLE_MS = 1000;
/** A probe a minute, and five failures: neither is what tells. */
const SLOW = { every: "60s", fall: 5 };

/** The time in a log line that says this. */
function toldAt(output, words) {
  const line = output.split("\n").find((each) => each.includes(words));
  return line === undefined ? null : Date.parse(line.split(" ")[0] ?? "");
}

/** When the server closes a connection that does nothing but that: dying takes the kernel its time, too. */
async function noticing(port) {
  const socket = connect(port, "127.0.0.1");
  await new Promise((done, fail) => socket.once("connect", done).once("error", fail));
  const closed = new Promise((done) => {
    socket.on("error", () => {}).on("close", () => done(Date.now()));
  });
  socket.resume();
  return { closed };
}

/** Kills one server after the other; gives when each died, when that was noticed, and when the verdict changed. */
async function killAll(servers, check) {
  const targets = Object.fromEntries(servers.map(({ port }, at) => [`s${at}`, `127.0.0.1:${port}`]));
  const daemon = await startDaemon({ pools: { p: { ...SLOW, check, targets } } }, { cpu: null });
  try {
    const names = Object.keys(targets);
    const isUp = (name) => daemon.output().includes(`p/${name}: up`);
    await until("all to be up", () => names.every(isUp), 30_000);
    await sleep(SETTLE_MS);
    const killed = [];
    const noticed = [];
    for (const server of servers) {
      // Not for long: a database wants a login.
      const { closed } = await noticing(server.port);
      noticed.push(closed);
      await sleep(APART_MS);
      killed.push(Date.now());
      server.signal("SIGKILL");
    }
    const told = (name) => toldAt(daemon.output(), `p/${name}: up -> down`);
    await until("all to be down", () => names.every((name) => told(name) !== null), 90_000);
    const closes = await Promise.all(noticed);
    return names.map((name, at) => ({ since: told(name) - killed[at], beside: told(name) - closes[at] }));
  } finally {
    await daemon.stop();
  }
}

/** 60 deaths of a few servers that are started again after each round. */
async function deaths(servers, check, ready) {
  const times = [];
  while (times.length < TRIALS) {
    times.push(...(await killAll(servers, check)));
    if (times.length < TRIALS) await Promise.all(servers.map((server) => server.restart()));
    if (times.length < TRIALS) await ready();
  }
  return times;
}

async function redis(running) {
  const servers = await Promise.all(Array.from({ length: 20 }, () => startRedis()));
  for (const server of servers) running.keep(server);
  return deaths(servers, { type: "redis-master" }, async () => {});
}

async function replicas(running) {
  const primary = running.keep(await startMariadb([], 1));
  const servers = await Promise.all(Array.from({ length: 10 }, (_, at) => startMariadb(["--read-only=1"], 2 + at)));
  for (const server of servers) running.keep(server);
  const ready = () => Promise.all(servers.map((server) => replicates(server)));
  await Promise.all(servers.map((server) => follow(server, primary)));
  await ready();
  return deaths(servers, { type: "mysql-replica", ...MONITOR, max_lag: "30s" }, ready);
}

export async function run({ add }) {
  const running = stopper();
  try {
    for (const [name, make] of Object.entries({ "Redis master": redis, "MariaDB replica": replicas })) {
      const times = await make(running);
      const since = times.map((each) => each.since);
      const beside = times.map((each) => each.beside);
      add(
        seen(
          `${name}, from the kill, p50`,
          [percentile(since, 0.5)],
          "ms",
          `${times.length} deaths, every: 60s, fall: 5`,
        ),
      );
      add(seen(`${name}, from the kill, p99`, [percentile(since, 0.99)], "ms"));
      add(atMost(`${name}, from the close that a bare connection sees, p99`, [percentile(beside, 0.99)], 50, "ms"));
    }
  } finally {
    await running.stop();
  }
}
