import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startProxy } from "../e2e/classic-programs.ts";
import { startConsul } from "../servers/consul.ts";
import { MONITOR, startPair } from "../servers/mariadb.ts";
import { freePort, sleep, until } from "../servers/process.ts";
import { runCost } from "./lib/cost.mjs";
import { startDaemon, stopper } from "./lib/daemon.mjs";
import { atMost, seen } from "./lib/table.mjs";

export const title = "publications: from the verdict to the key, a thousand at once, at rest; CPU of a round for cron";

const SLAVE = fileURLToPath(new URL("../../dist/checkmysqlslave.js", import.meta.url));
const KEY = "haproxy/web/current";
const IDLE_MS = 5000;
const MANY = 1000;

const consulAt = (port) => ({ main: { driver: "consul", address: `127.0.0.1:${port}` } });

/** A port that can be opened and closed. */
async function door() {
  const port = await freePort();
  let server = null;
  return {
    address: `127.0.0.1:${port}`,
    open: () =>
      new Promise((done) => {
        server = createServer((socket) => socket.on("error", () => {}).destroy()).listen(port, "127.0.0.1", done);
      }),
    stop: () => new Promise((done) => (server === null ? done() : server.close(() => done()))),
  };
}

/** Milliseconds at which a daemon logged the last line with this text; NaN: it has not. */
function loggedAt(daemon, text) {
  const lines = daemon.output().split("\n");
  return Date.parse(lines.findLast((line) => line.includes(text))?.split(" ")[0] ?? "");
}

/** Resolves with the time at which Consul told that the key has changed, and the new value. */
async function change(consul) {
  const now = await consul.api("GET", `/kv/${KEY}`);
  const [{ ModifyIndex }] = JSON.parse(now.text);
  return async () => {
    const { text } = await consul.api("GET", `/kv/${KEY}?index=${ModifyIndex}&wait=5s`);
    const at = Date.now();
    return { at, value: Buffer.from(JSON.parse(text)[0].Value, "base64").toString() };
  };
}

async function verdictToKey(all, consul, rounds) {
  const doors = { one: all.keep(await door()), two: all.keep(await door()) };
  for (const each of Object.values(doors)) await each.open();
  const daemon = all.keep(
    await startDaemon({
      registries: consulAt(consul.port),
      pools: {
        web: {
          check: { type: "tcp", every: "200ms", fast: "100ms", rise: 1, fall: 1 },
          targets: Object.fromEntries(Object.entries(doors).map(([name, { address }]) => [name, address])),
          publish: { registry: "main", layout: "current", key: KEY },
        },
      },
    }),
  );
  let value = await until("the key", () => consul.get(KEY));
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const name = Object.keys(doors).find((each) => value.includes(doors[each].address.split(":")[1]));
    const changed = (await change(consul))();
    await doors[name].stop();
    const news = await changed;
    await until("the verdict in the log", () => loggedAt(daemon, `web/${name}: up -> down`) > news.at - 3000);
    times.push(news.at - loggedAt(daemon, `web/${name}: up -> down`));
    value = news.value;
    await doors[name].open();
    const back = loggedAt(daemon, `web/${name}: down -> up`);
    await until("it to be up", () => loggedAt(daemon, `web/${name}: down -> up`) > (Number.isNaN(back) ? 0 : back));
  }
  await daemon.stop();
  return times;
}

/** Seconds from the right to write until a thousand keys are written. */
async function manyAtOnce(all, consul) {
  const targets = Object.fromEntries(
    Array.from({ length: MANY }, (_, i) => [`t${i}`, `127.1.${i >> 8}.${(i & 255) + 1}:80`]),
  );
  const publish = { registry: "main", layout: "members", key: "services/many/{name}" };
  const daemon = all.keep(
    await startDaemon({ registries: consulAt(consul.port), pools: { many: { check: "none", targets, publish } } }),
  );
  await until("all to be written", () => daemon.output().includes(`${MANY} written`), 60_000);
  const { text } = await consul.api("GET", "/kv/services/many?keys");
  if (JSON.parse(text).length !== MANY) throw new Error("not all keys are there");
  const seconds = (loggedAt(daemon, `${MANY} written`) - loggedAt(daemon, "this daemon writes now")) / 1000;
  await daemon.stop();
  await consul.api("DELETE", "/kv/services?recurse");
  await consul.api("DELETE", "/kv/checkd?recurse");
  return seconds;
}

/** What publications at rest ask of Consul. */
async function atRest(all, consul) {
  const proxy = all.keep(await startProxy(consul.port));
  const web = all.keep(await door());
  await web.open();
  const layouts = ["current", "pool"].map((layout) => ({ registry: "main", layout, key: `haproxy/rest/${layout}` }));
  const members = { registry: "main", layout: "members", key: "haproxy/rest/members/{name}" };
  const daemon = all.keep(
    await startDaemon({
      registries: consulAt(proxy.port),
      pools: { rest: { check: { type: "tcp" }, targets: { a: web.address }, publish: [...layouts, members] } },
    }),
  );
  await until("the keys", () => consul.get("haproxy/rest/members/a"));
  await sleep(1000);
  const from = proxy.requests.length;
  await sleep(IDLE_MS);
  // A session is renewed in Consul's memory: nothing is written by that.
  const asked = proxy.requests.slice(from).filter(({ path }) => !path.startsWith("/v1/session/renew/"));
  const waiting = proxy.waiting();
  await daemon.stop();
  return { writes: asked.filter(({ method }) => method !== "GET").length, waiting };
}

/** CPU of checkmysqlslave --once by that of an empty Node process: when Consul is away, and of a whole round. */
async function cron(all, consul, rounds) {
  const { primary } = all.keep(await startPair());
  const dir = mkdtempSync(join(tmpdir(), "checkd-bench-"));
  all.later(() => rmSync(dir, { recursive: true, force: true }));
  const [empty, conf] = [join(dir, "empty.mjs"), join(dir, "db.conf")];
  writeFileSync(empty, "");
  const login = `user=${MONITOR.user}\npassword=${MONITOR.password}`;
  writeFileSync(conf, `[slave3301]\nhost=127.0.0.1\nport=${primary.port}\n${login}\n`, { mode: 0o600 });
  const flags = ["--conf", conf, "--tag", "slave3301", "--once", "--log-level", "silent", "--consul"];
  const commands = {
    empty: [[process.execPath, empty], 0],
    start: [[process.execPath, SLAVE, ...flags, `127.0.0.1:${await freePort()}`], 3],
    round: [[process.execPath, SLAVE, ...flags, `127.0.0.1:${consul.port}`], 0],
  };
  const results = [];
  for (let at = 0; at <= rounds; at++) {
    const costs = {};
    for (const [name, [argv, wanted]] of Object.entries(commands)) {
      const { cpuUs, code, stderr } = runCost(argv);
      if (code !== wanted) throw new Error(`${argv.join(" ")} ended with ${code}: ${stderr}`);
      costs[name] = cpuUs;
    }
    if (at > 0) results.push(costs);
  }
  return results;
}

export async function run({ rounds = 15, add }) {
  const all = stopper();
  try {
    const consul = all.keep(await startConsul());
    add(atMost("verdict to key readable", await verdictToKey(all, consul, rounds), 20, "ms"));
    const many = [];
    for (let round = 0; round < Math.min(rounds, 3); round++) many.push(await manyAtOnce(all, consul));
    add(atMost(`${MANY} targets published at once`, many, 1, "s"));
    const { writes, waiting } = await atRest(all, consul);
    add(atMost("at rest: writes", [writes], 0, "", `in ${IDLE_MS / 1000} s, three publications`));
    add(atMost("at rest: questions that wait", [waiting], 1, ""));
    const costs = await cron(all, consul, rounds);
    const ratios = (name) => costs.map((cost) => cost[name] / cost.empty);
    add(
      atMost("checkmysqlslave --once, start: CPU ÷ empty node", ratios("start"), 2.1, "x", "all loaded, Consul away"),
    );
    add(
      seen("checkmysqlslave --once, whole round: CPU ÷ empty node", ratios("round"), "x", "three log-ins to MariaDB"),
    );
  } finally {
    await all.stop();
  }
}
