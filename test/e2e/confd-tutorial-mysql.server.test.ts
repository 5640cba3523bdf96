import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createConnection, type RowDataPacket } from "mysql2";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/steps.mjs";
import { type ConsulServer, startConsul } from "../servers/consul.ts";
import { type DatabaseServer, follow, MONITOR, replicates, startMariadb } from "../servers/mariadb.ts";
import { sleep, until } from "../servers/process.ts";
import { startClassic } from "./classic-programs.ts";
import { type Master, runningThings, startMaster, startRender, textOf } from "./render-rig.ts";

const things = runningThings();
const HOSTS = ["127.0.0.1", "127.0.0.2", "127.0.0.3"] as const;
let dir: string;
let port: number;
let consul: ConsulServer;
let primary: DatabaseServer;
let replicas: readonly DatabaseServer[];
let haproxy: Master;

const isFree = (host: string, at: number): Promise<boolean> =>
  new Promise((done) => {
    const server = createServer();
    server.once("error", () => done(false));
    server.listen(at, host, () => server.close(() => done(true)));
  });

/** One port that is free on all three hosts, beyond those that are given to anybody, as is its proxy port. */
async function sharedPort(): Promise<number> {
  for (;;) {
    const found = 51_000 + Math.floor(Math.random() * 4400);
    const free = [...HOSTS.map((host) => isFree(host, found)), isFree("0.0.0.0", found + 10_050)];
    if ((await Promise.all(free)).every((each) => each)) return found;
  }
}

/** Which server answers a client that knows nothing but HAProxy's address. */
function serverBehind(proxyport: number): Promise<number> {
  return new Promise((done, fail) => {
    const { user, password } = MONITOR;
    const client = createConnection({ host: "127.0.0.1", port: proxyport, user, password, connectTimeout: 2000 });
    client.on("error", fail);
    client.query<RowDataPacket[]>({ sql: "SELECT @@server_id AS id", timeout: 2000 }, (error, rows) => {
      client.destroy();
      if (error === null) done(Number(rows[0]?.id));
      else fail(error);
    });
  });
}

/** conf/confd as it is delivered, with paths of this test. */
function ownConfd(): string {
  const confdir = join(dir, "confd");
  cpSync(join(ROOT, "conf/confd"), confdir, { recursive: true });
  const edit = (file: string, ...changes: readonly (readonly [string | RegExp, string])[]): void => {
    const text = changes.reduce(
      (all, [from, to]) => all.replaceAll(from, to),
      readFileSync(join(confdir, file), "utf8"),
    );
    writeFileSync(join(confdir, file), text);
  };
  const socket = ["/run/haproxy/admin.sock", join(dir, "admin.sock")] as const;
  edit(
    "conf.d/haproxy.toml",
    socket,
    ["/etc/haproxy/haproxy.cfg", join(dir, "haproxy.cfg")],
    ["systemctl reload haproxy", `kill -USR2 $(cat ${dir}/haproxy.pid)`],
  );
  edit("templates/haproxy.cfg.tmpl", socket, [/^ {4}log \/dev.*\n/gm, ""], [/^ {4}(log global|option tcplog)\n/gm, ""]);
  return confdir;
}

beforeAll(async () => {
  dir = things.folder("confd-haproxy");
  port = await sharedPort();
  const [server, ...databases] = await Promise.all([
    startConsul(),
    ...HOSTS.map((host, index) => startMariadb(["--read-only=0"], index + 1, { host, port })),
  ]);
  consul = things.keep(server);
  for (const database of databases) things.keep(database);
  const [first, ...rest] = databases;
  if (first === undefined) throw new Error("no primary");
  primary = first;
  replicas = rest;
  await Promise.all(replicas.map((replica) => follow(replica, primary)));
  await Promise.all(replicas.map((replica) => replicates(replica)));
});
afterAll(() => things.stop());

describe("the confd_haproxy tutorial", () => {
  it("publishes a slave, renders it, and a client reads from it through HAProxy", async () => {
    const conf = join(dir, "db.conf");
    const login = `user=${MONITOR.user}\npassword=${MONITOR.password}`;
    writeFileSync(conf, `[slave3301]\nhost=127.0.0.1\nport=${port}\n${login}\n`, { mode: 0o600 });
    const node = `127.0.0.1:${consul.port}`;
    things.keep(await startClassic("checkmysqlslave", ["--conf", conf, "--tag", "slave3301", "--consul", node]));
    const confdir = ownConfd();
    // The first file makes HAProxy start: before it there is nothing to reload.
    const first = await startRender(confdir, ["-watch", "-sync-only", "-backend", "consul", "-node", node]);
    await until("the first haproxy.cfg", () => textOf(join(dir, "haproxy.cfg")).includes("listen mysql-slave3301"));
    await first.stop();
    haproxy = things.keep(await startMaster(dir));
    things.keep(await startRender(confdir, ["-watch", "-backend", "consul", "-node", node]));
    const id = await until("a query through HAProxy", () => serverBehind(port + 10_050));
    expect([2, 3]).toContain(id);
  });

  it("reaches the other slave at the same address when that one is killed", async () => {
    const before = await serverBehind(port + 10_050);
    const victim = replicas[before - 2];
    if (victim === undefined) throw new Error(`server ${before} is no slave`);
    const pid = await haproxy.info("Pid");
    victim.signal("SIGKILL");
    const killed = performance.now();
    const after = await until("the other slave", () => serverBehind(port + 10_050), 30_000, 5);
    const tookMs = performance.now() - killed;
    process.stdout.write(`confd_haproxy: ${Math.round(tookMs)} ms from kill to the first good query\n`);
    expect(after).toBe(5 - before);
    expect(tookMs).toBeLessThan(10_000);
    expect(await haproxy.info("Pid")).not.toBe(pid);
    const value = JSON.parse((await consul.get("haproxy/mysqlslave/slave3301")) ?? "{}");
    expect(value).toEqual({ name: "slave3301", host: HOSTS[after - 1], port, proxyport: port + 10_050 });
  });

  it("goes on while Consul is away", async () => {
    await consul.stop();
    await sleep(1500);
    expect(await serverBehind(port + 10_050)).toBeGreaterThan(1);
    expect(textOf(join(dir, "haproxy.cfg"))).toContain("listen mysql-slave3301");
  });
});
