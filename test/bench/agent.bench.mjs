import { startNginx } from "../servers/nginx.ts";
import { freePort, listening, sleep, start } from "../servers/process.ts";
import { compiled, MEASURED_CPU, node24, OTHER_CPU, pin, pinned } from "./lib/cost.mjs";
import { checker, startDaemon, stopper } from "./lib/daemon.mjs";
import { CURL_GREP, ECHO, startIncumbent } from "./lib/incumbent.mjs";
import { costOfReply } from "./lib/load.mjs";
import { atLeast, atMost, seen } from "./lib/table.mjs";

export const title = "CPU of a reply from memory, against a C program and against xinetd";

const MANY = 64;
/** A fork for each: more at once only makes them wait for each other. */
const FEW = 8;

const config = (own, shared) => ({
  agent: { listen: [`127.0.0.1:${shared}`], allow: ["127.0.0.0/8"] },
  pools: {
    p: {
      every: "1s",
      max_age: "inf",
      check: { type: checker("always") },
      targets: { a: { address: "127.0.0.1:1", agent_port: own } },
    },
  },
});

async function daemon(all, node) {
  const [own, shared] = [await freePort(), await freePort()];
  const { pid } = all.keep(await startDaemon(config(own, shared), { node }));
  return { pid, own, shared };
}

async function reference(all, ...mode) {
  const port = await freePort();
  const argv = [compiled("agent-reference"), String(port), ...mode];
  const { pid } = all.keep(await start(pinned(MEASURED_CPU, argv)));
  await listening(port);
  return [pid, port];
}

async function subjects(all) {
  const [current, newer] = [await daemon(all, process.execPath), await daemon(all, node24())];
  const nginx = all.keep(await startNginx({ content: "this is the test me page\n" }));
  pin(nginx.pid, OTHER_CPU);
  const [echo, curl] = [await freePort(), await freePort()];
  const echoing = all.keep(await startIncumbent(ECHO, [[echo, "-"]]));
  const asking = all.keep(await startIncumbent(CURL_GREP, [[curl, nginx.port]]));
  const line = { inFlight: MANY, seconds: 2, send: "p/a\n" };
  return {
    c: [...(await reference(all)), { inFlight: MANY, seconds: 1 }],
    line: [...(await reference(all, "line")), { ...line, seconds: 1 }],
    own: [current.pid, current.own, { inFlight: MANY, seconds: 2 }],
    shared: [current.pid, current.shared, line],
    own24: [newer.pid, newer.own, { inFlight: MANY, seconds: 2 }],
    shared24: [newer.pid, newer.shared, line],
    echo: [echoing.pid, echo, { inFlight: FEW, seconds: 2 }],
    curl: [asking.pid, curl, { inFlight: FEW, seconds: 3 }],
  };
}

/** CPU of a reply of each, and of both C programs right before it. */
async function round(all) {
  const costs = {};
  for (const [name, subject] of Object.entries(all)) {
    if (name === "c" || name === "line") continue;
    const [c, line] = [await costOfReply(...all.c), await costOfReply(...all.line)];
    costs[name] = { us: await costOfReply(...subject), c, line };
    await sleep(100);
  }
  return costs;
}

export async function run({ rounds = 5, add, say }) {
  const running = stopper();
  try {
    const all = await subjects(running);
    for (const [pid, port, options] of Object.values(all)) await costOfReply(pid, port, { ...options, seconds: 1 });
    const results = [];
    for (let at = 1; at <= rounds; at++) {
      const costs = await round(all);
      results.push(costs);
      const texts = Object.entries(costs).map(([name, { us }]) => `${name} ${us.toFixed(1)} us`);
      say(`round ${at}: ${texts.join(", ")}`);
    }
    report(results, add);
  } finally {
    await running.stop();
  }
}

function report(results, add) {
  const against = (name, c) => results.map((costs) => costs[name].us / costs[name][c]);
  const cheaper = (than) => results.map((costs) => costs[than].us / costs.own.us);
  const current = `Node ${process.versions.node.split(".")[0]}`;
  add(
    seen(
      "the C program",
      results.map(({ own }) => own.c),
      "us",
    ),
  );
  add(atMost(`port of a target, ${current}, to the C program`, against("own", "c"), 2.5));
  add(atMost("port of a target, Node 24, to the C program", against("own24", "c"), 1.8));
  add(atMost(`shared port, ${current}, to a C program that reads the line`, against("shared", "line"), 2.5));
  add(atMost("shared port, Node 24, to a C program that reads the line", against("shared24", "line"), 1.8));
  add(seen(`shared port, ${current}, to the C program that does not read`, against("shared", "c"), "x"));
  add(seen("shared port, Node 24, to the C program that does not read", against("shared24", "c"), "x"));
  add(atLeast("xinetd + bash echo, to a port of ours", cheaper("echo"), 30));
  add(atLeast("xinetd + bash curl, grep, to a port of ours", cheaper("curl"), 200));
}
