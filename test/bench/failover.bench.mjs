import { createServer } from "node:net";
import { HAPROXY_DEFAULTS, startHaproxy } from "../servers/haproxy.ts";
import { freePort, sleep, until } from "../servers/process.ts";
import { startDaemon, stopper } from "./lib/daemon.mjs";
import { CURL_GREP, startIncumbent } from "./lib/incumbent.mjs";
import { median, percentile } from "./lib/numbers.mjs";
import { atMost, seen } from "./lib/table.mjs";

export const title = "from the end of a server to DOWN in HAProxy (agent-inter 2s), against xinetd + curl, grep";

const SERVERS = 20;
const INTER_MS = 2000;
const LOOK_MS = 10;
const MOST_MS = 20_000;
const ANSWER = "HTTP/1.0 200 OK\r\nContent-Length: 8\r\n\r\ntest me\n";

/** A web server that can die, with everything that is connected to it, and come back. */
async function mortal() {
  const port = await freePort();
  const sockets = new Set();
  let server = null;
  const live = () =>
    new Promise((done, fail) => {
      server = createServer((socket) => {
        sockets.add(socket);
        socket.on("error", () => {}).on("close", () => sockets.delete(socket));
        socket.on("data", () => socket.end(ANSWER));
      });
      server.once("error", fail).listen(port, "127.0.0.1", done);
    });
  const die = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  await live();
  return { port, live, die };
}

const targetsOf = (servers, agents) =>
  Object.fromEntries(
    servers.map(({ port }, at) => [`s${at}`, { address: `127.0.0.1:${port}`, agent_port: agents[at] }]),
  );
const daemonOf = (more) => (servers, agents) =>
  startDaemon(
    {
      pools: {
        p: { check: { type: "http-content", contains: "test me" }, ...more, targets: targetsOf(servers, agents) },
      },
    },
    { cpu: null },
  );
const incumbent = (servers, agents) =>
  startIncumbent(
    CURL_GREP,
    servers.map(({ port }, at) => [agents[at], port]),
    null,
  );

/** Milliseconds from each death to the DOWN that HAProxy shows. */
async function trial(servers, startAgents) {
  const running = stopper();
  try {
    const agents = await Promise.all(servers.map(() => freePort()));
    running.keep(await startAgents(servers, agents));
    const lines = servers.map(
      ({ port }, at) =>
        `  server s${at} 127.0.0.1:${port} agent-check agent-inter ${INTER_MS}ms agent-port ${agents[at]}\n`,
    );
    const config = `${HAPROXY_DEFAULTS}  timeout check 5s\nbackend b\n${lines.join("")}`;
    const haproxy = running.keep(await startHaproxy({ config }));
    const shown = async () => {
      const stat = await haproxy.stat();
      return servers.map((_, at) => stat.get(`b/s${at}`) ?? {});
    };
    await until("all to be up", async () => (await shown()).every((row) => row.agent_status === "L7OK"));
    // Peers are known by their polls: as after hours of them.
    await sleep(2 * INTER_MS);
    const died = new Map();
    const times = new Map();
    const timers = servers.map((server, at) =>
      setTimeout(() => {
        server.die();
        died.set(at, performance.now());
      }, Math.random() * INTER_MS),
    );
    running.later(() => timers.forEach(clearTimeout));
    for (const end = performance.now() + MOST_MS; times.size < servers.length && performance.now() < end; ) {
      const rows = await shown();
      const now = performance.now();
      for (const [at, { status }] of rows.entries())
        if (!times.has(at) && died.has(at) && status?.startsWith("DOWN")) times.set(at, now - died.get(at));
      await sleep(LOOK_MS);
    }
    if (times.size < servers.length) throw new Error(`${servers.length - times.size} servers never went DOWN`);
    return [...times.values()];
  } finally {
    await running.stop();
    for (const server of servers) if (!server.listening) await server.live().catch(() => {});
  }
}

const ARMS = {
  incumbent,
  shipped: daemonOf({}),
  unconfirmed: daemonOf({ fall: 1 }),
};

const NAMES = { incumbent: "xinetd + curl, grep", shipped: "shipped defaults", unconfirmed: "fall: 1" };

/** How many requests a second one server gets from the checkd that N HAProxies poll every 500 ms; `max_age` 1 s. */
async function pollers(count) {
  const running = stopper();
  try {
    let requests = 0;
    const server = createServer((socket) => {
      socket
        .on("error", () => {})
        .on("data", () => {
          requests += 1;
          socket.end(ANSWER);
        });
    });
    await new Promise((done) => server.listen(0, "127.0.0.1", done));
    running.later(() => new Promise((done) => server.close(done)));
    const { port } = server.address();
    const agent = await freePort();
    const check = { type: "http-content", contains: "test me" };
    const targets = { a: { address: `127.0.0.1:${port}`, agent_port: agent } };
    running.keep(await startDaemon({ pools: { p: { check, max_age: "1s", targets } } }, { cpu: null }));
    for (let at = 1; at <= count; at++) {
      const line = `  source 127.0.7.${at}\n  server a 127.0.0.1:${port} agent-check agent-inter 500ms agent-addr 127.0.0.1 agent-port ${agent}\n`;
      running.keep(await startHaproxy({ config: `${HAPROXY_DEFAULTS}  timeout check 2s\nbackend b\n${line}` }));
      await sleep(70);
    }
    await sleep(1000);
    const [from, before] = [performance.now(), requests];
    await sleep(8000);
    return (requests - before) / ((performance.now() - from) / 1000);
  } finally {
    await running.stop();
  }
}

export async function run({ rounds = 3, add, say }) {
  const servers = await Promise.all(Array.from({ length: SERVERS }, mortal));
  const results = Object.fromEntries(Object.keys(ARMS).map((name) => [name, []]));
  for (let at = 1; at <= rounds; at++) {
    for (const [name, start] of Object.entries(ARMS)) {
      const times = await trial(servers, start);
      results[name].push(...times);
      say(`round ${at} ${name}: p50 ${median(times).toFixed(0)} ms, worst ${Math.max(...times).toFixed(0)} ms`);
    }
  }
  for (const server of servers) server.die();
  const p50 = (name) => percentile(results[name], 0.5);
  const p99 = (name) => percentile(results[name], 0.99);
  const trials = `${results.shipped.length} deaths`;
  for (const [name, words] of Object.entries(NAMES)) {
    add(seen(`${words}, p50`, [p50(name)], "ms", trials));
    add(seen(`${words}, p99`, [p99(name)], "ms", trials));
  }
  add(atMost("shipped defaults, p50 over xinetd + curl, grep", [(p50("shipped") - p50("incumbent")) / 1000], 0.6, "s"));
  add(atMost("shipped defaults, p99 over xinetd + curl, grep", [(p99("shipped") - p99("incumbent")) / 1000], 0.6, "s"));
  add(atMost("fall: 1, p50 to that of xinetd + curl, grep", [p50("unconfirmed") / p50("incumbent")], 1.1));
  add(atMost("fall: 1, p99 to that of xinetd + curl, grep", [p99("unconfirmed") / p99("incumbent")], 1.1));
  say("eight HAProxies");
  const [one, eight] = [await pollers(1), await pollers(8)];
  add(atMost("probes a second of one server polled by 8 HAProxies, max_age 1s", [eight], 1.1, "/s"));
  add(seen("the same by one HAProxy", [one], "/s"));
}
