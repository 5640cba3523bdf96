import { describe, expect, it } from "vitest";
import { HAPROXY_DEFAULTS, HAPROXY_VERSIONS, type HaproxyVersion, startHaproxy } from "../servers/haproxy.ts";
import { sleep, until } from "../servers/process.ts";
import type { Made } from "./outlet-env.ts";
import { startAgent, startOutlet, stops, takenSlots } from "./runtime-rig.ts";

const config = (agents: readonly number[], inter = "60s"): string =>
  `${HAPROXY_DEFAULTS}\nbackend web\n  balance roundrobin\n${agents
    .map(
      (port, index) =>
        `  server s${index + 1} 127.0.0.1:1 weight 100 agent-check agent-addr 127.0.0.1 agent-port ${port} agent-inter ${inter}`,
    )
    .join("\n")}\n`;

const up: Made = { state: "up" };
const down: Made = { state: "down" };

describe.each(HAPROXY_VERSIONS)("downs pushed to HAProxy %s", (version: HaproxyVersion) => {
  it("arrive long before the next poll, only for servers whose agent is ours, and are told as heard", async () => {
    const agent = await startAgent("up\n");
    const haproxy = await startHaproxy({ version, config: config([agent.port, agent.port + 1]) });
    stops.push(() => haproxy.stop());
    await until("a first poll", () => agent.asked() > 0);
    const { show, deliveries, lines } = await startOutlet(
      { sockets: haproxy.socket },
      { s1: agent.port, s2: agent.port },
    );
    show({ s1: up, s2: up });
    await sleep(100);
    const before = performance.now();
    show({ s1: down, s2: down });
    await until("DOWN", async () => (await haproxy.server("web/s1")).status === "DOWN (agent)", 5000, 2);
    expect(performance.now() - before).toBeLessThan(1000);
    await until("a delivery that says so", () =>
      deliveries.some((each) => each.about === "web/s1" && each.state === "synced" && each.shown?.startsWith("DOWN")),
    );
    expect((await haproxy.server("web/s2")).status).not.toContain("DOWN");
    expect(lines.some((line) => line.includes("web/s2 is not told"))).toBe(true);
  });

  it("stay when an older answer was in flight, and are said again after a reload", async () => {
    const agent = await startAgent("up\n", 150);
    const haproxy = await startHaproxy({ version, config: config([agent.port], "200ms") });
    stops.push(() => haproxy.stop());
    await until("a few polls", () => agent.asked() > 2);
    const { show } = await startOutlet({ sockets: haproxy.socket }, { s1: agent.port });
    show({ s1: up });
    for (let round = 0; round < 5; round += 1) {
      agent.say("up\n");
      await until("UP", async () => !(await haproxy.server("web/s1")).status?.includes("DOWN"));
      await sleep(37 * round);
      agent.say("down\n");
      show({ s1: down });
      await until("DOWN", async () => (await haproxy.server("web/s1")).status === "DOWN (agent)", 5000, 5);
      show({ s1: up });
    }
    show({ s1: down });
    await until("DOWN", async () => (await haproxy.server("web/s1")).status === "DOWN (agent)");
    await haproxy.reload();
    await until(
      "DOWN after the reload",
      async () => (await haproxy.server("web/s1")).status === "DOWN (agent)",
      5000,
      5,
    );
  });

  it("leave an operator's maintenance alone", async () => {
    const agent = await startAgent("down\n");
    const haproxy = await startHaproxy({ version, config: config([agent.port]) });
    stops.push(() => haproxy.stop());
    await haproxy.command("set server web/s1 state maint");
    const { show, deliveries } = await startOutlet({ sockets: haproxy.socket }, { s1: agent.port });
    show({ s1: down });
    await until("a delivery", () => deliveries.some((each) => each.state === "synced" && each.shown === "MAINT"));
    expect((await haproxy.server("web/s1")).status).toBe("MAINT");
  });
});

const slotConfig = (count: number): string =>
  `${HAPROXY_DEFAULTS}\nbackend web\n  balance roundrobin\n  server-template web 1-${count} 127.0.0.1:1 weight 100 check inter 500 disabled\n`;

describe.each(HAPROXY_VERSIONS)("slots of HAProxy %s", (version: HaproxyVersion) => {
  const at = (last: number, more: Partial<Made> = {}): Made => ({
    host: `127.0.0.${last}`,
    port: 8000 + last,
    state: "up",
    ...more,
  });

  it("follow the verdicts without a reload, are there again after one, and are given back", async () => {
    const haproxy = await startHaproxy({ version, config: slotConfig(3) });
    stops.push(() => haproxy.stop());
    const { show, deliveries } = await startOutlet({ sockets: [haproxy.socket], slots: "web1..3" });
    show({ a: at(1), b: at(2) }, false);
    await sleep(300);
    expect(await takenSlots(haproxy)).toEqual({});
    const begun = performance.now();
    show({ a: at(1), b: at(2) });
    await until("both slots", async () => Object.keys(await takenSlots(haproxy)).length === 2, 5000, 2);
    expect(performance.now() - begun).toBeLessThan(1500);
    expect(await takenSlots(haproxy)).toEqual({ web1: "127.0.0.1:8001", web2: "127.0.0.2:8002" });

    show({ a: at(1, { state: "down" }), b: at(2), c: at(3) });
    await until(
      "a out, c in",
      async () =>
        JSON.stringify(await takenSlots(haproxy)) ===
        JSON.stringify({ web2: "127.0.0.2:8002", web3: "127.0.0.3:8003" }),
      5000,
      5,
    );
    show({ a: at(1), b: at(2), c: at(3) });
    await until("a in its own slot again", async () => (await takenSlots(haproxy)).web1 === "127.0.0.1:8001");

    await haproxy.reload();
    await until("all three after a reload", async () => Object.keys(await takenSlots(haproxy)).length === 3, 5000, 5);

    show({ a: at(1), c: at(3) });
    await until("b to be gone", async () => !Object.values(await takenSlots(haproxy)).includes("127.0.0.2:8002"));
    show({ a: at(1, { weight: 40 }), c: at(3), d: at(4), e: at(5) });
    await until("the weight", async () => (await haproxy.server("web/web1")).weight === "40");
    await until("an alarm for the one without a slot", () =>
      deliveries.some((each) => each.state === "failed" && each.error?.includes("no free slot for e")),
    );
    expect(Object.values(await takenSlots(haproxy))).toContain("127.0.0.4:8004");
    await haproxy.command("set server web/web1 state maint");
    await until("drift to be corrected", async () => (await takenSlots(haproxy)).web1 === "127.0.0.1:8001", 10_000);
  });

  it("are reconciled by the thousand within a second or so after a reload", async () => {
    const haproxy = await startHaproxy({ version, config: slotConfig(1000) });
    stops.push(() => haproxy.stop());
    const { show } = await startOutlet({ sockets: [haproxy.socket], slots: "web1..1000" });
    const rows = Object.fromEntries(
      Array.from({ length: 1000 }, (_, index) => [
        `t${index}`,
        { host: `127.1.${index >> 8}.${index & 255}`, port: 80, state: "up" } as Made,
      ]),
    );
    show(rows);
    await until("a thousand slots", async () => Object.keys(await takenSlots(haproxy)).length === 1000, 20_000);
    await haproxy.reload();
    const begun = performance.now();
    await until(
      "a thousand slots again",
      async () => Object.keys(await takenSlots(haproxy)).length === 1000,
      20_000,
      10,
    );
    expect(performance.now() - begun).toBeLessThan(5000);
  });
});
