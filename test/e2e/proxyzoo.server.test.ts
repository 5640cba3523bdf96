import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { afterEach, expect, it } from "vitest";
import { createClock } from "../../src/engine/clock.ts";
import { haproxyClient } from "../../src/haproxy/client.ts";
import { freePort, sleep, tempDir, until } from "../servers/process.ts";
import { startZooKeeper } from "../servers/zookeeper.ts";
import { run } from "./checkd.ts";
import {
  ask,
  BIG_DIGEST,
  download,
  everybody,
  type Instance,
  startInstance,
  startLoad,
  who,
  zooKeeperRegistrations,
} from "./instances.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const keep = <T extends { stop(): Promise<unknown> }>(running: T): T => {
  stops.push(() => running.stop());
  return running;
};
const clock = createClock((error) => {
  throw error;
});
const signal = new AbortController().signal;

const template = fileURLToPath(new URL("../fixtures/proxyzoo/haproxy.web.conf.template", import.meta.url));

const pidIn = (file: string): number => Number(readFileSync(file, "utf8").trim().split("\n")[0]);
function end(file: string): void {
  if (!existsSync(file)) return;
  try {
    process.kill(pidIn(file), "SIGKILL");
  } catch {
    // It is gone already.
  }
}

/** The seed's files in a home of their own, and what `checkd import` makes of them. */
async function importSeed(zk: string) {
  const home = tempDir("proxyzoo");
  stops.push(() => rmSync(home, { recursive: true, force: true }));
  const [front, stats, query] = [await freePort(), await freePort(), await freePort()];
  for (const folder of ["etc", "logs", "new"]) mkdirSync(join(home, folder));
  // As many descriptors as 20,000 connections need are more than a test may have.
  const text = readFileSync(template, "utf8").replaceAll("maxconn 20000", "maxconn 1000");
  writeFileSync(join(home, "etc/haproxy.web.conf.template"), text);
  const seed = {
    ngboss: {
      "zk.addr": zk,
      "zk.path": "/wade-web/${group}/instances",
      groups: {
        "web-ngboss": { httpchk: "GET /probe.jsp", default_backend: true },
        "web-basecentre": {
          "zk.path": "/wade-web/${group}/instances",
          acls: ["path_beg -i /basecentre", "path_beg -i /testcentre"],
          mode: "http",
          balance: "roundrobin",
          httpchk: "GET /basecentre/probe.jsp",
          "server-template": "${group_name} 1-${max_server} 0.0.0.0:0 check inter 2000 rise 1 fall 2 disabled",
          max_server: 20,
        },
      },
      exec: "/usr/sbin/haproxy",
      template: "${HOME}/etc/haproxy.web.conf.template",
      conf_file: "${HOME}/etc/haproxy.web.ngboss.conf",
      pid_file: "${HOME}/logs/haproxy.web.ngboss.pid",
      socket_files: ["${HOME}/logs/haproxy.web.ngboss.socket1", "${HOME}/logs/haproxy.web.ngboss.socket2"],
      listener_port: front,
      admin_port: stats,
    },
  };
  writeFileSync(join(home, "etc/web.config.json"), JSON.stringify(seed));
  const imported = await run(["import", "proxyzoo", join(home, "etc/web.config.json"), "--out", join(home, "new")], {
    env: { HOME: home },
  });
  expect(imported.code, imported.stderr).toBe(0);
  const conf = join(home, "new/checkd.yaml");
  writeFileSync(conf, readFileSync(conf, "utf8").replaceAll(":21000", `:${query}`));
  const files = { pid: join(home, "logs/checkd.pid"), log: join(home, "logs/checkd.log") };
  const haproxyPid = join(home, "logs/haproxy.web.ngboss.pid");
  stops.push(() => end(haproxyPid));
  stops.push(() => end(files.pid));
  const checkd = (verb: "start" | "stop" | "restart" | "status") => {
    const more = verb === "stop" || verb === "status" ? [] : ["--conf", conf, "--log-file", files.log];
    return run([verb, "--pid-file", files.pid, ...more]);
  };
  const log = (): string => readFileSync(files.log, "utf8");
  return {
    home,
    front,
    stats,
    query,
    conf,
    haproxyPid,
    checkd,
    log,
    socket: join(home, "logs/haproxy.web.ngboss.socket1"),
  };
}

async function ask1(port: number, path: string): Promise<unknown> {
  return JSON.parse((await ask(port, path)).body.toString());
}

it("does the whole job of proxyzoo's daemon, and nobody who uses it notices", { timeout: 120_000 }, async () => {
  const zk = keep(await startZooKeeper());
  const apps = await zooKeeperRegistrations(zk.address, (app) => `/wade-web/${app}/instances`);
  stops.push(() => apps.close());
  const rig = await importSeed(zk.address);
  const started = await rig.checkd("start");
  expect(started.code, started.stderr).toBe(0);
  await until("HAProxy to be started by checkd", async () => (await ask(rig.stats, "/ha-stats")).status !== 0);
  expect((await rig.checkd("status")).stdout).toMatch(/^checkd runs, pid \d+\n$/);
  const rendered = readFileSync(join(rig.home, "etc/haproxy.web.ngboss.conf"), "utf8");
  expect(rendered).toContain("use_backend web-basecentre if web-basecentre");
  const pid = pidIn(rig.haproxyPid);
  const haproxy = haproxyClient({ address: rig.socket, timeoutMs: 2000, clock });

  // Six instances of two applications; each serves at once when it has registered.
  const instances: (Instance & { readonly app: string; readonly path: string })[] = [];
  const took: number[] = [];
  for (const name of ["n1", "n2", "n3", "b1", "b2", "b3"]) {
    const [app, path] = name.startsWith("n") ? ["web-ngboss", "/who"] : ["web-basecentre", "/basecentre/who"];
    const instance = { ...keep(await startInstance(name)), app, path };
    instances.push(instance);
    const begun = performance.now();
    await apps.add(app, name, `127.0.0.1:${instance.port}`);
    await until(
      `${name} to serve`,
      async () =>
        [...(await haproxy.states(app, signal)).values()].some(
          ({ port, status }) => port === instance.port && status === "UP",
        ),
      5000,
      1,
    );
    took.push(performance.now() - begun);
    expect(await everybody(rig.front, 12, path)).toContain(name);
  }
  // The machine may be busy for a moment; all six are late only if something is wrong.
  expect(Math.min(...took), took.join()).toBeLessThan(100);
  expect(await everybody(rig.front)).toEqual(["n1", "n2", "n3"]);
  expect(await everybody(rig.front, 30, "/testcentre/who")).toEqual(["b1", "b2", "b3"]);

  // The query interface answers as proxyzoo's did.
  const listed = (app: string) => ({
    instances: instances
      .filter((one) => one.app === app)
      .map(({ port }) => `127.0.0.1:${port}`)
      .sort(),
  });
  const sorted = (answer: unknown): unknown =>
    JSON.parse(JSON.stringify(answer), (_key, value) => (Array.isArray(value) ? [...value].sort() : value));
  const all = { ngboss: { "web-ngboss": listed("web-ngboss"), "web-basecentre": listed("web-basecentre") } };
  expect(sorted(await ask1(rig.query, "/"))).toEqual(all);
  expect(sorted(await ask1(rig.query, "/ngboss"))).toEqual(all);
  expect(sorted(await ask1(rig.query, "/ngboss/web-ngboss"))).toEqual({
    ngboss: { "web-ngboss": listed("web-ngboss") },
  });

  const load = startLoad(rig.front, ["/who", "/basecentre/who"]);
  stops.push(() => load.stop());

  // Graceful leave: an open download finishes, new requests go elsewhere.
  const [leaving] = instances;
  if (leaving === undefined) throw new Error("no instance");
  // One after the other: more than half of them at once would be held by the shrink guard.
  for (const other of instances.slice(1, 3)) {
    await apps.remove(other.app, other.name);
    await until(`${other.name} to be gone`, async () => !(await everybody(rig.front, 12)).includes(other.name));
  }
  const downloading = download(rig.front);
  await until("its session", async () =>
    [...(await haproxy.servers("web-ngboss", signal)).values()].some(({ sessions }) => (sessions ?? 0) > 0),
  );
  for (const other of instances.slice(1, 3)) await apps.add(other.app, other.name, `127.0.0.1:${other.port}`);
  await until("the others to serve", async () => (await everybody(rig.front, 12)).length === 3);
  await apps.remove(leaving.app, leaving.name);
  await until("new requests to go elsewhere", async () => !(await everybody(rig.front, 12)).includes("n1"));
  expect(await downloading).toBe(BIG_DIGEST);
  await apps.add(leaving.app, leaving.name, `127.0.0.1:${leaving.port}`);
  await until("n1 again", async () => (await everybody(rig.front, 12)).includes("n1"));

  // Rolling restart of all instances under load.
  for (const instance of instances) {
    await apps.remove(instance.app, instance.name);
    await until(
      `${instance.name} to be drained`,
      async () =>
        [...(await haproxy.states(instance.app, signal)).values()].every(
          ({ port, status }) => port !== instance.port || status === "MAINT",
        ),
      5000,
      10,
    );
    await instance.restart();
    await apps.add(instance.app, instance.name, `127.0.0.1:${instance.port}`);
    await until(`${instance.name} to serve again`, async () => (await who(rig.front, instance.path)) === instance.name);
  }

  // checkd goes and comes back: HAProxy stays as it is, its slots are adopted.
  const before = await haproxy.states("web-ngboss", signal);
  const stopped = await rig.checkd("stop");
  expect(stopped.stdout).toContain("checkd stopped");
  expect((await rig.checkd("status")).code).toBe(1);
  expect(await everybody(rig.front)).toEqual(["n1", "n2", "n3"]);
  const said = rig.log().length;
  expect((await rig.checkd("restart")).code).toBe(0);
  await until("checkd to be settled", async () => isDeepStrictEqual(sorted(await ask1(rig.query, "/")), all));
  await sleep(500);
  const after = await haproxy.states("web-ngboss", signal);
  const places = (servers: typeof before) =>
    [...servers.values()].map(({ name, host, port, admin }) => ({ name, host, port, admin }));
  expect(places(after)).toEqual(places(before));
  expect(rig.log().slice(said)).not.toMatch(/\d+ commands/);

  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.requests()).toBeGreaterThan(500);
  // Never reloaded, one process from the beginning to the end.
  expect(pidIn(rig.haproxyPid)).toBe(pid);
  expect((await haproxy.info(signal)).pid).toBe(pid);
  expect(dirname(rig.conf)).toBe(join(rig.home, "new"));
});
