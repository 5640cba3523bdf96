import { readdirSync } from "node:fs";
import { createServer } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import type { AgentSettings } from "../../src/config/settings.ts";
import {
  HAPROXY_DEFAULTS,
  HAPROXY_VERSIONS,
  type Haproxy,
  type HaproxyVersion,
  startHaproxy,
} from "../servers/haproxy.ts";
import { freePort, sleep, until } from "../servers/process.ts";
import { FRESH, type RunningAgent, startAgent } from "./running-agent.ts";

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function agentWith(settings: Partial<AgentSettings>): Promise<RunningAgent> {
  const running = await startAgent(settings);
  ends.push(running.stop);
  return running;
}

async function haproxyWith(version: HaproxyVersion, servers: string, defaults = ""): Promise<Haproxy> {
  const config = `${HAPROXY_DEFAULTS}${defaults}\nbackend b\n  balance roundrobin\n${servers}`;
  const haproxy = await startHaproxy({ version, config });
  ends.push(haproxy.stop);
  return haproxy;
}

/** A backend for the native check. */
async function backend(): Promise<number> {
  const port = await freePort();
  const server = createServer((socket) => socket.on("error", () => {}).end());
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  ends.push(() => new Promise((done) => server.close(done)));
  return port;
}

const statusOf = async (haproxy: Haproxy, name = "b/a"): Promise<string> => (await haproxy.server(name)).status ?? "";
const becomes = (haproxy: Haproxy, status: string, name = "b/a"): Promise<boolean> =>
  until(`${name} to be ${status}`, async () => (await statusOf(haproxy, name)) === status);
const descriptors = (): number => readdirSync("/proc/self/fd").length;

/** A probe that takes this long and then posts the row; those who ask meanwhile join it. */
function probing(running: RunningAgent, tookMs: number, post: () => void) {
  const probes = { count: 0, now: null as Promise<void> | null };
  const probe = async (): Promise<void> => {
    probes.count++;
    await sleep(tookMs);
    post();
    probes.now = null;
  };
  running.prober.probe = () => {
    probes.now ??= probe();
    return probes.now;
  };
  return probes;
}

describe.each(HAPROXY_VERSIONS)("HAProxy %s polls", (version) => {
  it.each([
    ["a dedicated port without agent-send", false, ""],
    ["a dedicated port with agent-send", false, 'agent-send "p/a\\n"'],
    ["the shared port", true, 'agent-send "p/a\\n"'],
    ["the shared port with an agent-send that has no end", true, "agent-send p/a"],
    ["the shared port with an agent-send in single quotes", true, "agent-send 'p/a\\n'"],
  ])("%s, every 20 ms, takes each answer and leaves no descriptor", async (_what, shared, send) => {
    const port = await freePort();
    const doors = shared
      ? { listen: [`127.0.0.1:${port}`] }
      : { ports: [{ pool: "p", target: "a", host: "127.0.0.1", port }] };
    const { agent, board } = await agentWith(doors);
    board.put("p", "a", { ...FRESH, reason: "first" });
    const line = `  server a 127.0.0.1:1 agent-check agent-inter 20ms agent-addr 127.0.0.1 agent-port ${port} ${send}\n`;
    // Without it a check may take no longer than agent-inter, which a busy machine does not always hold.
    const haproxy = await haproxyWith(version, line, "  timeout check 2s\n");
    await until("the first answer", async () => (await haproxy.server("b/a")).last_agt === "via agent : up (first)");
    const before = descriptors();
    const seen = new Set<string>();
    await until("many polls", async () => {
      seen.add((await haproxy.server("b/a")).agent_status ?? "");
      return agent.stats.polls >= 60;
    });
    expect([...seen]).toEqual(["L7OK"]);
    board.put("p", "a", { ...FRESH, state: "down", reason: "last" });
    await until("the down", async () => (await haproxy.server("b/a")).last_agt === "via agent : down (last)");
    await until("all to be closed", () => agent.stats.open === 0);
    expect(descriptors()).toBeLessThanOrEqual(before + 1); // a poll may be on its way in
    expect(agent.stats).toMatchObject({ malformed: 0, unknownNames: 0, abandoned: 0, timedOut: 0 });
  });

  it("over IPv6", async () => {
    const port = await freePort();
    const { board } = await agentWith({ listen: [`[::1]:${port}`] });
    board.put("p", "a", { ...FRESH, state: "down" });
    const line = `  server a 127.0.0.1:1 agent-check agent-inter 50ms agent-addr ::1 agent-port ${port} agent-send "p/a\\n"\n`;
    await becomes(await haproxyWith(version, line), "DOWN (agent)");
  });

  it("the HTTP door with option httpchk", async () => {
    const port = await freePort();
    const { board } = await agentWith({ http: [`127.0.0.1:${port}`] });
    board.put("p", "a", FRESH);
    const line =
      "  option httpchk GET /check/p/a\n" +
      `  server a 127.0.0.1:1 check inter 50ms rise 1 fall 1 addr 127.0.0.1 port ${port}\n`;
    const haproxy = await haproxyWith(version, line);
    await until("the check", async () => (await haproxy.server("b/a")).check_status === "L7OK");
    expect(await statusOf(haproxy)).toBe("UP");
    board.put("p", "a", { ...FRESH, state: "down" });
    await becomes(haproxy, "DOWN");
    expect(await haproxy.server("b/a")).toMatchObject({ check_status: "L7STS", check_code: "503" });
  });

  it("with agent-inter 300ms hears of a backend that hangs, and never misses an answer", async () => {
    const port = await freePort();
    const running = await agentWith({ listen: [`127.0.0.1:${port}`] });
    const { agent, board } = running;
    board.put("p", "a", FRESH);
    const line = `  server a 127.0.0.1:1 agent-check agent-inter 300ms agent-addr 127.0.0.1 agent-port ${port} agent-send "p/a\\n"\n`;
    const haproxy = await haproxyWith(version, line);
    await until("three polls", () => agent.stats.polls >= 3);
    // From now on each probe hangs until its timeout of 1 s; the third of them makes it down.
    board.put("p", "a", { observedAt: 0 });
    const probes = probing(running, 1000, () => {
      if (probes.count < 3) board.put("p", "a", { observedAt: 0, pending: true });
      else board.put("p", "a", { ...FRESH, state: "down", reason: "timed out after 1s" });
    });
    const agentStatus = new Set<string>();
    await until("the down", async () => {
      const seen = await haproxy.server("b/a");
      agentStatus.add(seen.agent_status ?? "");
      return seen.status === "DOWN (agent)";
    });
    expect([...agentStatus].sort()).toEqual(["L7OK", "L7STS"]);
    expect(agent.stats.abandoned).toBe(0);
    expect(agent.stats.overdue).toBeGreaterThan(5);
    expect(probes.count).toBe(3);
  });

  it("and gives up before `wait` is over: it is answered at once from then on", async () => {
    const port = await freePort();
    const running = await agentWith({ listen: [`127.0.0.1:${port}`] });
    const { agent, board } = running;
    board.put("p", "a", { observedAt: 0 });
    board.setPolicy("p", {}, { waitMs: 10_000 });
    const line = `  server a 127.0.0.1:1 agent-check agent-inter 200ms agent-addr 127.0.0.1 agent-port ${port} agent-send "p/a\\n"\n`;
    const haproxy = await haproxyWith(version, line);
    await until("an answer", async () => (await haproxy.server("b/a")).agent_status === "L7OK");
    expect(agent.stats.abandoned).toBe(1);
    expect(agent.impatient()).toEqual([{ id: "p/a", peer: "127.0.0.1" }]);
    board.put("p", "a", { observedAt: 0, state: "down" });
    await becomes(haproxy, "DOWN (agent)");
    expect(agent.stats.abandoned).toBe(1);
  });

  it("from five processes at five phases: one probe a max_age, and all hear of a down within a poll", async () => {
    const port = await freePort();
    const running = await agentWith({ listen: [`0.0.0.0:${port}`] });
    const { agent, board } = running;
    let healthy = true;
    const now = (): number => performance.timeOrigin + performance.now();
    const post = (): void => {
      if (healthy) board.put("p", "a", { observedAt: now() });
      else board.put("p", "a", { observedAt: now(), state: "down", reason: "refused" });
    };
    post();
    board.setPolicy("p", {}, { maxAgeMs: 250 });
    const probes = probing(running, 10, post);
    const probe = running.prober.probe;
    // As the engine does: what was seen within max_age is not asked for again.
    running.prober.probe = (id) =>
      now() - (board.get("p/a")?.health[0]?.observedAt ?? 0) < 250 ? Promise.resolve() : probe(id);
    const all: Haproxy[] = [];
    for (let at = 1; at <= 5; at++) {
      // Each from an address of its own, as five hosts are.
      const line = `  source 127.0.3.${at}\n  server a 127.0.0.1:1 agent-check agent-inter 500ms agent-addr 127.0.0.1 agent-port ${port} agent-send "p/a\\n"\n`;
      all.push(await haproxyWith(version, line));
      await sleep(100);
    }
    const [from, polls, count] = [performance.now(), agent.stats.polls, probes.count];
    await until("thirty polls", () => agent.stats.polls >= polls + 30);
    const elapsed = performance.now() - from;
    expect(probes.count - count).toBeLessThanOrEqual(Math.ceil(elapsed / 250) + 1);
    expect(probes.count - count).toBeGreaterThan(3);
    healthy = false;
    const pollsThen = agent.stats.polls;
    await Promise.all(all.map((each) => becomes(each, "DOWN (agent)")));
    expect(agent.stats.polls - pollsThen).toBeLessThanOrEqual(30);
    expect(running.heard).toEqual(["p/a"]);
    expect(agent.stats.abandoned).toBe(0);
  });

  it("and keeps what it was told while the agent is away", async () => {
    const [port, native] = [await freePort(), await backend()];
    const settings = { listen: [`127.0.0.1:${port}`] };
    const first = await startAgent(settings);
    first.board.put("p", "a", { ...FRESH, state: "down", reason: "told before" });
    first.board.setPolicy("p", { haproxyWeight: 100 });
    first.board.put("p", "b", { ...FRESH, weight: 40 });
    const line = (name: string): string =>
      `  server ${name} 127.0.0.1:${native} weight 100 check inter 100ms agent-check agent-inter 100ms agent-addr 127.0.0.1 agent-port ${port} agent-send "p/${name}\\n"\n`;
    const haproxy = await haproxyWith(version, line("a") + line("b"));
    await becomes(haproxy, "DOWN (agent)");
    await until("the weight", async () => (await haproxy.server("b/b")).uweight === "40");
    await first.stop();
    for (const name of ["b/a", "b/b"])
      await until("the agent to be missed", async () => (await haproxy.server(name)).agent_status === "L4CON");
    expect(await haproxy.server("b/a")).toMatchObject({ status: "DOWN (agent)", agent_status: "L4CON" });
    expect(await haproxy.server("b/b")).toMatchObject({ status: "UP", uweight: "40" });

    const second = await agentWith(settings);
    second.board.put("p", "a", { ...FRESH, state: null });
    await until("an answer", async () => (await haproxy.server("b/a")).agent_status === "CHECKED");
    expect(await statusOf(haproxy)).toBe("DOWN (agent)");
    second.board.put("p", "a", FRESH);
    await becomes(haproxy, "UP");
  });

  it("and forgets what it was told when it is reloaded, until the first answer", async () => {
    const [port, native] = [await freePort(), await backend()];
    const { board } = await agentWith({ listen: [`127.0.0.1:${port}`] });
    board.put("p", "a", { ...FRESH, state: "down", reason: "refused" });
    board.put("p", "b", { ...FRESH, weight: 40 });
    board.setPolicy("p", { haproxyWeight: 100 });
    const line = (name: string): string =>
      `  server ${name} 127.0.0.1:${native} weight 100 check inter 100ms agent-check agent-inter 1s agent-addr 127.0.0.1 agent-port ${port} agent-send "p/${name}\\n"\n`;
    const haproxy = await haproxyWith(version, line("a") + line("b"));
    const told = async (): Promise<void> => {
      await becomes(haproxy, "DOWN (agent)");
      await until("the weight", async () => (await haproxy.server("b/b")).uweight === "40");
    };
    await told();
    const pid = haproxy.pid();
    await haproxy.reload();
    expect(haproxy.pid()).not.toBe(pid);
    await told();
  });
});
