import { HAPROXY_DEFAULTS, startHaproxy } from "../servers/haproxy.ts";
import { freePort, sleep, until } from "../servers/process.ts";
import { descriptors, rssMb } from "./lib/cost.mjs";
import { checker, startDaemon, stopper } from "./lib/daemon.mjs";
import { atMost, seen } from "./lib/table.mjs";

export const title = "minutes of polls by a real HAProxy: the daemon lives, and gains no descriptor";

const INTER_MS = 20;
const SERVERS = 5;
const LOOK_MS = 1000;

const names = Array.from({ length: SERVERS }, (_, index) => `s${index}`);

function haproxyConfig(line) {
  const servers = names.map((name, index) => `  server ${name} 127.0.0.1:1 agent-check ${line(name, index)}\n`);
  // Without it a poll may take no longer than agent-inter, which a busy machine does not always hold.
  return `${HAPROXY_DEFAULTS}  timeout check 2s\nbackend b\n${servers.join("")}`;
}

async function polled(haproxies) {
  const all = await Promise.all(haproxies.map((each) => each.stat()));
  return all.flatMap((stat) => names.map((name) => stat.get(`b/${name}`)?.agent_status ?? ""));
}

export async function run({ minutes = 1, add, say }) {
  const running = stopper();
  try {
    const [shared, own] = [await freePort(), await Promise.all(names.map(() => freePort()))];
    const targets = Object.fromEntries(
      names.map((name, at) => [name, { address: "127.0.0.1:1", agent_port: own[at] }]),
    );
    const check = { type: checker("always") };
    const daemon = running.keep(
      await startDaemon({ agent: { listen: `127.0.0.1:${shared}` }, pools: { p: { every: "1s", check, targets } } }),
    );
    const inter = `agent-inter ${INTER_MS} agent-addr 127.0.0.1 agent-port`;
    const before = descriptors(daemon.pid);
    const without = await startHaproxy({ config: haproxyConfig((_, at) => `${inter} ${own[at]}`) });
    running.keep(without);
    const sending = await startHaproxy({
      config: haproxyConfig((name) => `${inter} ${shared} agent-send "p/${name}\\n"`),
    });
    running.keep(sending);
    await until("all to be polled", async () =>
      (await polled([without, sending])).every((status) => status === "L7OK"),
    );
    const memory = rssMb(daemon.pid);
    let bad = 0;
    let looks = 0;
    for (const end = performance.now() + minutes * 60_000; performance.now() < end; await sleep(LOOK_MS)) {
      const states = await polled([without, sending]);
      looks += states.length;
      bad += states.filter((status) => status !== "L7OK").length;
    }
    say(`${minutes} minutes are over`);
    const grown = rssMb(daemon.pid) - memory;
    await without.stop();
    await sending.stop();
    const gained = () => descriptors(daemon.pid) - before;
    await until("connections to be closed", () => gained() <= 0, 10_000).catch(() => {});
    const what = `${minutes} min of polls every ${INTER_MS} ms by ${2 * SERVERS} servers, half with agent-send`;
    add(atMost(`descriptors gained: ${what}`, [gained()], 0, ""));
    add(atMost(`servers seen without an answer, of ${looks} looks`, [bad], 0, ""));
    add(seen("memory gained meanwhile", [grown], "MB"));
  } finally {
    await running.stop();
  }
}
