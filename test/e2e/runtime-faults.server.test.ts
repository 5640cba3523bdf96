import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { HAPROXY_DEFAULTS, startHaproxy } from "../servers/haproxy.ts";
import { startNginx } from "../servers/nginx.ts";
import { freePort, sleep, tempDir, until } from "../servers/process.ts";
import { startZooKeeper } from "../servers/zookeeper.ts";
import { run, startCheckd } from "./checkd.ts";
import { startInstance, startLoad, zooKeeperRegistrations } from "./instances.ts";
import { keep, startSlotHaproxy, stops } from "./slots-rig.ts";

const checks = { type: "http-content", path: "/probe.jsp" };
const source = { type: "registry", registry: "zk", path: "/apps/web" };
const pathOf = (app: string): string => `/apps/${app}`;

/** Three instances with fixed addresses behind slots. */
async function threeInstances() {
  const instances = await Promise.all(["a", "b", "c"].map(async (name) => keep(await startInstance(name))));
  const targets = Object.fromEntries(instances.map(({ name, port }) => [name, `127.0.0.1:${port}`]));
  return { instances, targets, addresses: Object.values(targets).sort() };
}

it("loses no request to a reload of HAProxy that reads the state file, and few where there is none", {
  timeout: 60_000,
}, async () => {
  const { targets } = await threeInstances();
  const file = join(tempDir("state"), "haproxy.state");
  writeFileSync(file, "");
  const [kept, bare] = [
    await startSlotHaproxy({ slots: 5, global: `server-state-file ${file}` }),
    await startSlotHaproxy({ slots: 5 }),
  ];
  const pool = (runtime: object) => ({
    check: checks,
    targets,
    runtime: { slots: "web1..5", backend: "web", ...runtime },
  });
  keep(
    await startCheckd({
      pools: { kept: pool({ sockets: kept.socket, state_file: file }), bare: pool({ sockets: bare.socket }) },
    }),
  );
  for (const { serving } of [kept, bare]) await until("three slots", async () => (await serving()).length === 3);
  const loads = [startLoad(kept.front, ["/who"], 4), startLoad(bare.front, ["/who"], 4)] as const;
  stops.push(() => Promise.all(loads.map((load) => load.stop())));
  await sleep(2500); // one look of the state file
  for (let round = 0; round < 3; round += 1) {
    await Promise.all([kept.reload(), bare.reload()]);
    await sleep(700);
  }
  await Promise.all(loads.map((load) => load.stop()));
  const missed = (load: (typeof loads)[number]) =>
    load.failures.filter(({ status }) => status === 503).map(({ at }) => at);
  expect(missed(loads[0])).toEqual([]);
  // The watch comes every 200 ms; a busy machine may add to that, but not without end.
  const times = missed(loads[1]);
  const spans = times.filter((at, index) => index === 0 || at - (times[index - 1] ?? 0) > 500);
  const longest = Math.max(
    0,
    ...spans.map((from) => Math.max(...times.filter((at) => at >= from && at < from + 500)) - from),
  );
  expect(longest).toBeLessThan(450);
  expect(await kept.serving()).toHaveLength(3);

  // Killed and started anew: what the file says is there before checkd can say a word.
  kept.signal("SIGKILL");
  await kept.reload();
  expect(await kept.serving()).toHaveLength(3);
});

it("is let go of by `checkd release` when it died after saying down", { timeout: 60_000 }, async () => {
  const [ours, theirs] = [keep(await startNginx({ content: "fine\n" })), keep(await startNginx({ content: "fine\n" }))];
  const [agent, second] = [await freePort(), await freePort()];
  const line = (name: string, port: number, agentPort: number) =>
    `server ${name} 127.0.0.1:${port} weight 100 check inter 200 rise 1 fall 1 agent-check agent-addr 127.0.0.1 agent-port ${agentPort} agent-inter 500ms`;
  const config = `${HAPROXY_DEFAULTS}\nbackend web\n  ${line("a", ours.port, agent)}\n  ${line("b", theirs.port, second)}\n`;
  const haproxy = keep(await startHaproxy({ config }));
  const settings = {
    pools: {
      web: {
        check: { type: "http-content", path: "/", contains: "fine" },
        when_none_fit: "none",
        targets: {
          a: { address: `127.0.0.1:${ours.port}`, agent_port: agent },
          b: { address: `127.0.0.1:${theirs.port}`, agent_port: second },
        },
        runtime: { sockets: haproxy.socket },
      },
    },
  };
  const checkd = await startCheckd(settings);
  stops.push(() => checkd.stop());
  const status = async (name: string) => (await haproxy.server(`web/${name}`)).status;
  await until("both up", async () => (await status("a")) === "UP" && (await status("b")) === "UP");
  ours.setContent("broken\n");
  theirs.setContent("broken\n");
  for (const name of ["a", "b"]) await until(`${name} down`, async () => (await status(name)) === "DOWN (agent)");
  checkd.signal("SIGKILL");
  await checkd.exited;
  // One recovers, the other dies altogether; with nobody to say so, HAProxy keeps both down.
  ours.setContent("fine\n");
  await theirs.stop();
  await sleep(1500);
  expect(await status("a")).toBe("DOWN (agent)");
  const conf = join(tempDir("release"), "checkd.yaml");
  writeFileSync(conf, JSON.stringify(settings));
  const released = await run(["release", "--conf", conf]);
  expect(released.code, released.stderr).toBe(0);
  expect(released.stdout).toContain("web: released a, b");
  expect(await status("a")).toBe("UP");
  // Its own check had found it dead: released, and not brought up for a moment.
  expect(await status("b")).toBe("DOWN");
  expect((await run(["release", "--conf", conf])).stdout).toContain("nothing to release");
  expect((await run(["release", "--conf", conf, "--socket", "/nowhere.sock"])).code).toBe(3);
});

it("keeps its instances for a minute without ZooKeeper, takes failing ones out all the same, and learns what it missed", {
  timeout: 150_000,
}, async () => {
  const dir = tempDir("zookeeper-data");
  const zk = await startZooKeeper({ dir });
  stops.push(() => zk.stop());
  const apps = await zooKeeperRegistrations(zk.address, pathOf, 40_000);
  stops.push(() => apps.close());
  const { instances, addresses } = await threeInstances();
  const haproxy = await startSlotHaproxy({ slots: 6 });
  const checkd = keep(
    await startCheckd({
      registries: { zk: { driver: "zookeeper", address: zk.address, timeout: "500ms", session_timeout: "2s" } },
      pools: { web: { source, check: checks, runtime: { sockets: haproxy.socket, slots: "web1..6" } } },
    }),
  );
  for (const { name, port } of instances) await apps.add("web", name, `127.0.0.1:${port}`);
  await until("three", async () => (await haproxy.serving()).sort().join() === addresses.join());

  // The session is lost because checkd itself stood still; meanwhile one left and another came.
  const late = keep(await startInstance("late"));
  const [first, second] = instances;
  if (first === undefined || second === undefined) throw new Error("no instances");
  checkd.signal("SIGSTOP");
  await apps.remove("web", first.name);
  await apps.add("web", late.name, `127.0.0.1:${late.port}`);
  await sleep(3500);
  checkd.signal("SIGCONT");
  const now = [...addresses.filter((each) => !each.endsWith(`:${first.port}`)), `127.0.0.1:${late.port}`].sort();
  await until("what was missed", async () => (await haproxy.serving()).sort().join() === now.join());

  const before = checkd.output().length;
  const said = (): string => checkd.output().slice(before);
  await zk.stop();
  await until("that it is away to be said", () => said().includes("the last good keys stay"));
  await sleep(60_000);
  expect((await haproxy.serving()).sort()).toEqual(now);
  expect(said()).not.toContain("commands");
  // Said once, not at each of the tries of a minute.
  expect(said().match(/the last good keys stay/g)).toHaveLength(1);
  await second.nginx().stop();
  await until("the failing one to be out", async () => (await haproxy.serving()).length === 2);
  keep(await startZooKeeper({ dir, port: zk.port }));
  await until("ZooKeeper to be back", () => said().includes("back, reading current keys"), 20_000);
  const others = await zooKeeperRegistrations(zk.address, pathOf);
  stops.push(() => others.close());
  await others.remove("web", late.name);
  await until("one", async () => (await haproxy.serving()).length === 1);
});

it("takes 200 instances that join at once, each once, in few words", { timeout: 60_000 }, async () => {
  const zk = keep(await startZooKeeper());
  const apps = await zooKeeperRegistrations(zk.address, pathOf);
  stops.push(() => apps.close());
  const nginx = keep(
    await startNginx({ content: "x", host: "0.0.0.0", extra: 'location = /probe.jsp { return 200 "ok"; }' }),
  );
  const haproxy = await startSlotHaproxy({ slots: 220, words: "" });
  const checkd = keep(
    await startCheckd({
      registries: { zk: { driver: "zookeeper", address: zk.address } },
      pools: { web: { source, check: checks, runtime: { sockets: haproxy.socket, slots: "web1..220" } } },
    }),
  );
  const addresses = Array.from({ length: 200 }, (_, index) => `127.0.1.${index + 1}:${nginx.port}`);
  const begun = performance.now();
  await Promise.all(addresses.map((address) => apps.add("web", address, "")));
  await until("all", async () => (await haproxy.serving()).length === 200, 20_000, 10);
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(new Set(await haproxy.serving()).size).toBe(200);
  const said = [...checkd.output().matchAll(/(\d+) commands/g)].map(([, count]) => Number(count));
  // An address and a state for each, and nothing twice.
  expect(said.reduce((sum, count) => sum + count, 0)).toBe(400);
  await Promise.all(addresses.slice(0, 80).map((address) => apps.remove("web", address)));
  await until("80 to leave", async () => (await haproxy.serving()).length === 120);
});
