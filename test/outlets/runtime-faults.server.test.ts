import { readFileSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { HAPROXY_DEFAULTS, startHaproxy } from "../servers/haproxy.ts";
import { freePort, sleep, start, tempDir, until } from "../servers/process.ts";
import type { Made } from "./outlet-env.ts";
import { startAgent, startOutlet, stops, takenSlots } from "./runtime-rig.ts";

const keep = <T extends { stop(): Promise<unknown> }>(running: T): T => {
  stops.push(() => running.stop());
  return running;
};
const up: Made = { state: "up" };
const down: Made = { state: "down" };
const at = (last: number, more: Partial<Made> = {}): Made => ({
  host: `127.0.0.${last}`,
  port: 8000 + last,
  state: "up",
  ...more,
});

const agentConfig = (port: number): string =>
  `${HAPROXY_DEFAULTS}\nbackend web\n  balance roundrobin\n  server s1 127.0.0.1:1 weight 100 agent-check agent-addr 127.0.0.1 agent-port ${port} agent-inter 60s\n`;
const slotConfig = (count: number, head = ""): string =>
  `${head}${HAPROXY_DEFAULTS}\n  load-server-state-from-file global\nbackend web\n  balance roundrobin\n  server-template web 1-${count} localhost:1 weight 100 disabled\n`;

/** Accepts and never says a word; counts who came. */
async function startMute(path: string): Promise<{ readonly came: () => number }> {
  let came = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    came += 1;
    open.add(socket.on("error", () => {}).on("close", () => open.delete(socket)));
    socket.resume();
  });
  await new Promise<void>((done) => server.listen(path, done));
  stops.push(async () => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return { came: () => came };
}

it("tells two HAProxies at once, and a down is told when both show it; one that hangs holds up nobody but the hearing", async () => {
  const agent = await startAgent("up\n");
  const one = keep(await startHaproxy({ config: agentConfig(agent.port) }));
  const two = keep(await startHaproxy({ config: agentConfig(agent.port) }));
  const sockets = [one.socket, two.socket];
  const { show, last, stop } = await startOutlet({ sockets, timeout: "300ms" }, { s1: agent.port });
  show({ s1: up });
  show({ s1: down });
  await until("both to be down", () => last("s1")?.state === "synced");
  for (const haproxy of [one, two]) expect((await haproxy.server("web/s1")).status).toBe("DOWN (agent)");
  await stop();
  for (const haproxy of [one, two]) await haproxy.command("set server web/s1 agent up");

  const path = join(tempDir("mute"), "mute.sock");
  const mute = await startMute(path);
  const outlet = await startOutlet({ sockets: [one.socket, path], timeout: "300ms" }, { s1: agent.port });
  outlet.show({ s1: down });
  const begun = performance.now();
  await until("one to be down", async () => (await one.server("web/s1")).status === "DOWN (agent)", 5000, 2);
  expect(performance.now() - begun).toBeLessThan(1000);
  await until("the mute one to be noticed", () => outlet.last("s1")?.error?.includes("no answer of"));
  expect(outlet.deliveries.some(({ about, state }) => about === "web/s1" && state === "synced")).toBe(false);
  const before = mute.came();
  await sleep(1500);
  // Two who ask: the watch (every 200 ms, 300 ms each) and the pusher with growing pauses.
  expect(mute.came() - before).toBeLessThan(12);
});

it("says which level a socket needs, and tells through a master socket", async () => {
  const agent = await startAgent("up\n");
  const port = await freePort();
  const weak = `global\n  stats socket 127.0.0.1:${port} level operator\n${agentConfig(agent.port)}`;
  keep(await startHaproxy({ config: weak }));
  const refused = await startOutlet({ sockets: `127.0.0.1:${port}` }, { s1: agent.port });
  refused.show({ s1: down });
  await until("the mend", () =>
    refused.lines.some((line) => line.includes(`write \`stats socket 127.0.0.1:${port} level admin\``)),
  );
  await refused.stop();

  const dir = tempDir("master");
  const file = join(dir, "haproxy.cfg");
  const master = join(dir, "master.sock");
  writeFileSync(
    file,
    `${agentConfig(agent.port)}${slotConfig(3).replace("backend web", "backend slots").replace("load-server", "# load")}`,
  );
  keep(await start(["/usr/sbin/haproxy", "-W", "-S", `${master},level,admin`, "-f", file], { dir }));
  const pushed = await startOutlet({ sockets: `@1 ${master}` }, { s1: agent.port });
  pushed.show({ s1: down });
  await until("the down", () => pushed.last("s1")?.state === "synced" && pushed.last("s1")?.shown === "DOWN (agent)");
  await pushed.stop();
  const slots = await startOutlet({ sockets: `@1 ${master}`, backend: "slots", slots: "web1..3" });
  slots.show({ a: at(1), b: at(2) });
  await until("both slots", () =>
    ["a", "b"].every((name) => slots.last(name)?.shown?.startsWith("UP") || slots.last(name)?.shown === "no check"),
  );
});

it("says once which server HAProxy does not have, and tells the others", async () => {
  const agent = await startAgent("up\n");
  const haproxy = keep(await startHaproxy({ config: agentConfig(agent.port) }));
  const { show, last, lines } = await startOutlet({ sockets: haproxy.socket }, { s1: agent.port, s9: agent.port });
  show({ s1: down, s9: down });
  await until("the down of the other", async () => (await haproxy.server("web/s1")).status === "DOWN (agent)");
  await until("what is wrong", () => last("s9")?.state === "failed");
  expect(last("s9")?.error).toContain("there is no such server, there is s1: see runtime.server");
  await sleep(2500);
  expect(lines.filter((line) => line.includes("web/s9 is not told of a down"))).toHaveLength(1);
});

it("reports what others did in a pool of agents, and undoes nothing", async () => {
  const agent = await startAgent("up\n");
  const haproxy = keep(await startHaproxy({ config: agentConfig(agent.port) }));
  const { show, last, lines } = await startOutlet({ sockets: haproxy.socket }, { s1: agent.port });
  show({ s1: up });
  await until("all well", () => last("s1")?.state === "synced");
  await haproxy.command("set server web/s1 weight 7");
  await until("the weight to be told", () => last("s1")?.error === "its weight is 7 instead of 100");
  await haproxy.command("set server web/s1 state maint");
  await until("the maintenance to be told", () => last("s1")?.error?.includes("maintenance on HAProxy"));
  await until("a line in the log", () => lines.some((line) => /^warn .*maintenance on HAProxy/.test(line)), 10_000);
  expect((await haproxy.server("web/s1")).status).toBe("MAINT");
  await haproxy.command("set server web/s1 weight 100");
  await haproxy.command("set server web/s1 state ready");
  await until("all well again", () => last("s1")?.state === "synced");
});

it("lets a leaving target finish its session, and takes no new one to it", async () => {
  const server = createServer((socket) => socket.on("error", () => {}).pipe(socket));
  const port = await freePort();
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  stops.push(() => new Promise((done) => server.close(done)));
  const front = await freePort();
  const config = `${HAPROXY_DEFAULTS}\nlisten web\n  bind 127.0.0.1:${front}\n  server-template web 1-2 127.0.0.1:1 disabled\n`;
  const haproxy = keep(await startHaproxy({ config }));
  const { show } = await startOutlet({ sockets: haproxy.socket, slots: "web1..2", drain_for: "1m" });
  show({ a: { state: "up", host: "127.0.0.1", port } });
  await until("the slot", async () => Object.keys(await takenSlots(haproxy)).length === 1);
  const session = connect(front, "127.0.0.1");
  let answers = 0;
  let broken = false;
  session.on("data", () => {
    answers += 1;
  });
  session.on("close", () => {
    broken = true;
  });
  session.write("one");
  await until("an answer", () => answers === 1);
  show({});
  await until("drain", async () => (await haproxy.server("web/web1")).status === "DRAIN");
  await sleep(1000);
  expect((await haproxy.server("web/web1")).status).toBe("DRAIN");
  session.write("two");
  await until("a second answer", () => answers === 2);
  expect(broken).toBe(false);
  session.end();
  await until(
    "maintenance when the session is over",
    async () => (await haproxy.server("web/web1")).status === "MAINT",
  );
});

it("ends a session's time at drain_for", async () => {
  const haproxy = keep(await startHaproxy({ config: slotConfig(1) }));
  const { show } = await startOutlet({ sockets: haproxy.socket, slots: "web1..1", drain_for: "0s" });
  show({ a: at(1) });
  await until("the slot", async () => Object.keys(await takenSlots(haproxy)).length === 1);
  show({});
  await until("maintenance", async () => (await haproxy.server("web/web1")).status === "MAINT");
});

it("keeps the state file equal to HAProxy, so that a restart has everything at once", async () => {
  const file = join(tempDir("state"), "haproxy.state");
  writeFileSync(file, "");
  const haproxy = keep(await startHaproxy({ config: slotConfig(4, `global\n  server-state-file ${file}\n`) }));
  const outlet = await startOutlet({ sockets: haproxy.socket, slots: "web1..4", state_file: file });
  outlet.show({ a: at(1), b: at(2, { weight: 50 }) });
  const addresses = (text: string) => text.split("\n").map((line) => line.split(" ").slice(3, 8).join(" "));
  await until("the file to be equal", async () => {
    const shown = await haproxy.command("show servers state");
    return shown.includes("127.0.0.2") && addresses(readFileSync(file, "utf8")).join() === addresses(shown).join();
  });
  await outlet.stop();
  haproxy.signal("SIGKILL");
  await haproxy.reload();
  // Nobody but the file can have told it.
  expect(await takenSlots(haproxy)).toEqual({ web1: "127.0.0.1:8001", web2: "127.0.0.2:8002" });
  expect((await haproxy.state()).get("web/web2")?.srv_uweight).toBe("50");

  const again = await startOutlet({ sockets: haproxy.socket, slots: "web1..4" });
  again.show({ b: at(2, { weight: 50 }), a: at(1), c: at(3) });
  await until("the third", async () => Object.keys(await takenSlots(haproxy)).length === 3);
  // Adopted: nobody was moved, and nothing was said of those who are as they should be.
  expect(await takenSlots(haproxy)).toMatchObject({ web1: "127.0.0.1:8001", web2: "127.0.0.2:8002" });
  expect(again.lines.filter((line) => line.includes("commands")).length).toBe(1);
});

it("is back within a moment when HAProxy was killed and started anew, without a state file", async () => {
  const haproxy = keep(await startHaproxy({ config: slotConfig(3) }));
  const { show, lines } = await startOutlet({ sockets: haproxy.socket, slots: "web1..3" });
  show({ a: at(1), b: at(2), c: at(3) });
  await until("three", async () => Object.keys(await takenSlots(haproxy)).length === 3);
  haproxy.signal("SIGKILL");
  await until("that it is gone to be said", () => lines.some((line) => line.includes("does not answer")));
  await sleep(2000);
  await haproxy.reload();
  const begun = performance.now();
  await until("three again", async () => Object.keys(await takenSlots(haproxy)).length === 3, 5000, 5);
  expect(performance.now() - begun).toBeLessThan(1500);
  expect(lines.filter((line) => line.includes("trying on")).length).toBeLessThan(3);
});

it("goes on with the slots that there are, and says which are not", async () => {
  const haproxy = keep(await startHaproxy({ config: slotConfig(2) }));
  const { show, deliveries } = await startOutlet({ sockets: haproxy.socket, slots: "web1..4" });
  show({ a: at(1) });
  await until("the slot", async () => Object.values(await takenSlots(haproxy)).length === 1);
  await until("the names", () =>
    deliveries.some(({ state, error }) => state === "failed" && error?.includes("has no server web3, web4")),
  );
  const nowhere = await startOutlet({ sockets: haproxy.socket, slots: "web1..4", backend: "nowhere" });
  nowhere.show({ a: at(1) });
  await until("the backend", () => nowhere.lines.some((line) => line.includes("there is no backend nowhere")));
});

it("does not repeat for ever what HAProxy refuses", async () => {
  const config = slotConfig(2).replace("balance roundrobin", "balance static-rr");
  const haproxy = keep(await startHaproxy({ config }));
  const { show, lines } = await startOutlet({ sockets: haproxy.socket, slots: "web1..2" });
  show({ a: at(1, { weight: 40 }), b: at(2) });
  await until("both to serve all the same", async () => Object.keys(await takenSlots(haproxy)).length === 2);
  await until("the reason", () => lines.some((line) => line.includes("static LB algorithm")));
  await sleep(3000);
  expect(lines.filter((line) => line.includes("trying on")).length).toBe(1);
});

it("empties the slots at the end only where that is asked for", async () => {
  const haproxy = keep(await startHaproxy({ config: slotConfig(2) }));
  const kept = await startOutlet({ sockets: haproxy.socket, slots: "web1..2" });
  kept.show({ a: at(1) });
  await until("the slot", async () => Object.keys(await takenSlots(haproxy)).length === 1);
  kept.board.remove("web");
  await sleep(300);
  await kept.stop("removed");
  expect(Object.keys(await takenSlots(haproxy)).length).toBe(1);
  const removing = await startOutlet({ sockets: haproxy.socket, slots: "web1..2", on_exit: "remove" });
  removing.show({ a: at(1) });
  await sleep(200);
  await removing.stop("exit");
  expect(await takenSlots(haproxy)).toEqual({});
});
