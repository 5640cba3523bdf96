import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { redisMaster } from "../../checks/redis-master.ts";
import { redisReplica } from "../../checks/redis-replica.ts";
import { selfSigned } from "../servers/certificates.ts";
import { fake } from "../servers/misbehaving.ts";
import { freePort, tempDir, until } from "../servers/process.ts";
import { type RedisServer, startRedis, startReplica } from "../servers/redis.ts";
import { type Asking, expectSeen, freeze, openProbe } from "./asking.ts";

const PASSWORD = "s3cret-of-test";
let master: RedisServer;
let replica: RedisServer;
const probes: Asking[] = [];

const masterProbe = (server: RedisServer, options = {}): Asking => kept(openProbe(redisMaster, options, server));
const replicaProbe = (server: RedisServer, options = {}): Asking => kept(openProbe(redisReplica, options, server));
const kept = (probe: Asking): Asking => {
  probes.push(probe);
  return probe;
};
const login = { password: PASSWORD };

beforeAll(async () => {
  master = await startRedis({ password: PASSWORD });
  replica = await startReplica(master, { password: PASSWORD });
});

afterAll(async () => {
  await Promise.all(probes.map((probe) => probe.close()));
  await Promise.all([master, replica].map((server) => server.stop()));
});

describe("a master and its replica", () => {
  it("are fit for their own role only", async () => {
    expectSeen(await masterProbe(master, login).ask(), "pass", /role:master with 1 replica/);
    expectSeen(await masterProbe(replica, login).ask(), "fail", /role:slave of 127\.0\.0\.1:\d+, wanted master/);
    expectSeen(await replicaProbe(replica, login).ask(), "pass", /replica of 127\.0\.0\.1:\d+, \d+ bytes behind/);
    expectSeen(await replicaProbe(master, login).ask(), "fail", /role:master, wanted a replica/);
  });

  it("share one history", async () => {
    const [one, two] = [await masterProbe(master, login).ask(), await replicaProbe(replica, login).ask()];
    expect(one.claim?.lineage).toHaveLength(1);
    expect(two.claim).toMatchObject({ role: "reader", follows: master.address, lineage: one.claim?.lineage });
  });

  it("that want a login are unknown without one, and with a wrong one", async () => {
    expectSeen(await masterProbe(master).ask(), "unknown", /set password.*NOAUTH/);
    expectSeen(await masterProbe(master, { password: "wrong" }).ask(), "unknown", /refuses the login of user default/);
    expectSeen(await masterProbe(master, { username: "nobody", ...login }).ask(), "unknown", /login of user nobody/);
  });

  it("stay as they were while the password is rotated: the kept connection answers on, a new one says why it cannot", async () => {
    const probe = masterProbe(master, { ...login, fresh_every: 2 });
    await probe.ask();
    await master.command("ACL", "SETUSER", "default", ">rotated", `<${PASSWORD}`);
    try {
      expectSeen(await probe.ask(), "pass", /role:master/);
      expectSeen(await probe.ask(), "unknown", /WRONGPASS/);
    } finally {
      const rescue = masterProbe(master, { password: "rotated" });
      expectSeen(await rescue.ask(), "pass", /role:master/);
      await restorePassword();
    }
    expectSeen(await probe.ask(), "pass", /role:master/);
  });

  it("need no more rights than documented, and name the one that is missing", async () => {
    const rights = ["on", ">monitor", "resetchannels", "-@all", "+ping", "+info", "+role", "+cluster|info"];
    await master.command("ACL", "SETUSER", "monitor", ...rights);
    const user = { username: "monitor", password: "monitor" };
    expectSeen(await masterProbe(master, user).ask(), "pass", /role:master/);
    for (const command of ["role", "info", "ping"]) {
      await master.command("ACL", "SETUSER", "monitor", `-${command}`);
      expectSeen(await masterProbe(master, user).ask(), "unknown", new RegExp(`ACL SETUSER monitor .*'${command}'`));
      await master.command("ACL", "SETUSER", "monitor", `+${command}`);
    }
    await master.command("ACL", "DELUSER", "monitor");
  });

  it("that want no login take ours for nothing", async () => {
    const open = await startRedis();
    expectSeen(await masterProbe(open, login).ask(), "pass", /role:master/);
    await open.stop();
  });
});

/** Sets the first password again, with the one it was rotated to. */
async function restorePassword(): Promise<void> {
  const client = new Redis({ port: master.port, password: "rotated", retryStrategy: null });
  await client.call("ACL", "SETUSER", "default", `>${PASSWORD}`, "<rotated");
  client.disconnect();
}

describe("a server that cannot serve", () => {
  it("hangs: the kept connection and a new one end at the deadline, and it is well at once when it goes on", async () => {
    const probe = masterProbe(master, login);
    await probe.ask();
    await freeze(master);
    try {
      expectSeen(await probe.ask(300), "fail", /connected, but no answer/);
      expectSeen(await probe.ask(300), "fail", /connected, but no answer/);
    } finally {
      master.signal("SIGCONT");
    }
    expectSeen(await probe.ask(), "pass", /role:master/);
    expect(probe.hints).toEqual([]);
  });

  it("has reached its connection limit", async () => {
    const small = await startRedis({ args: ["--maxclients", "1"] });
    const [first, second] = [masterProbe(small, { fresh_every: 1 }), masterProbe(small)];
    // The server may not have noticed yet that the connection which waited for its start is gone.
    await until("the one place", async () => (await second.ask()).outcome === "pass");
    expectSeen(await first.ask(), "warn", /ERR max number of clients reached/);
    expectSeen(await second.ask(), "pass", /role:master/);
    await second.close();
    await until("a place to be free", async () => (await first.ask()).outcome === "pass");
    await small.stop();
  });

  it("loads its data, and says role:master the while", async () => {
    const slow = await startRedis({ args: ["--enable-debug-command", "local", "--rdbcompression", "no"] });
    await slow.command("DEBUG", "POPULATE", "20000", "k", "20");
    await slow.command("SAVE");
    // Each key takes so many microseconds to load.
    await slow.restart(["--key-load-delay", "300", "--loading-process-events-interval-bytes", "1024"]);
    expect(String(await slow.command("ROLE"))).toMatch(/^master/);
    expectSeen(await masterProbe(slow).ask(), "fail", /LOADING its data set: [\d.]+%/);
    await slow.stop();
  });

  it("is a cluster node without slots, which answers PING and ROLE", async () => {
    const node = await startRedis({ args: ["--cluster-enabled", "yes"] });
    const probe = masterProbe(node);
    expectSeen(await probe.ask(), "fail", /cluster_state:fail/);
    await node.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await until("the cluster to be complete", async () => (await probe.ask()).outcome === "pass");
    await node.stop();
  });

  it("lacks the replicas that min-replicas-to-write wants", async () => {
    const alone = await startRedis({ args: ["--min-replicas-to-write", "1"] });
    await expect(alone.command("SET", "k", "v")).rejects.toThrow("NOREPLICAS");
    expectSeen(await masterProbe(alone).ask(), "fail", /refuses writes: no replica/);
    await alone.stop();
  });

  it("cannot save its data and refuses writes", async () => {
    const broken = await startRedis({ args: ["--save", "3600 1", "--dbfilename", "x.rdb"] });
    await broken.command("SET", "k", "v");
    // A folder in the place of its file: the save fails, whoever runs the test.
    rmSync(join(broken.dir, "x.rdb"), { force: true });
    mkdirSync(join(broken.dir, "x.rdb"));
    await broken.command("BGSAVE").catch(() => {});
    await until("the save to fail", async () =>
      String(await broken.command("INFO", "persistence")).includes("rdb_last_bgsave_status:err"),
    );
    expectSeen(await masterProbe(broken).ask(), "fail", /MISCONF/);
    await broken.stop();
  });
});

describe("a replica that is stale", () => {
  it("has lost its master: it serves, so it is a warning; staler than stale_limit it fails", async () => {
    const primary = await startRedis();
    const follower = await startReplica(primary);
    const strict = await startReplica(primary, { args: ["--replica-serve-stale-data", "no"] });
    await primary.command("SET", "k", "v");
    const [probe, limited, refusing] = [
      replicaProbe(follower),
      replicaProbe(follower, { stale_limit: "500ms" }),
      replicaProbe(strict),
    ];
    expectSeen(await probe.ask(), "pass", /replica of/);
    primary.signal("SIGKILL");
    await until("the link to be down", async () => (await probe.ask()).outcome === "warn");
    expectSeen(await probe.ask(), "warn", /link to 127\.0\.0\.1:\d+ down for/);
    expectSeen(await refusing.ask(), "fail", /MASTERDOWN/);
    await until("the limit to pass", async () => (await limited.ask()).outcome === "fail");
    expectSeen(await limited.ask(), "fail", /beyond stale_limit/);
    await Promise.all([primary, follower, strict].map((server) => server.stop()));
  });

  it("has a master that hangs: the link looks up, only its silence tells", async () => {
    const primary = await startRedis({ args: ["--repl-timeout", "60"] });
    const follower = await startReplica(primary, { args: ["--repl-timeout", "60"] });
    const probe = replicaProbe(follower, { max_io_age: "1s" });
    expectSeen(await probe.ask(), "pass", /replica of/);
    await freeze(primary);
    await until("the silence to be seen", async () => (await probe.ask()).outcome === "warn");
    const seen = await probe.ask();
    expectSeen(seen, "warn", /nothing heard of 127\.0\.0\.1:\d+ for \ds, though the link is up/);
    expect(seen.facts).toMatchObject({ linkUp: true, lagBytes: null });
    await Promise.all([primary, follower].map((server) => server.stop()));
  });

  it("is behind by the bytes that have not come over a slow line", async () => {
    const primary = await startRedis();
    const line = await slowLine(primary.port);
    const follower = await startReplica({ ...primary, port: line.port });
    const probe = replicaProbe(follower, { max_lag_bytes: 1000 });
    await until("no lag", async () => (await probe.ask()).facts.lagBytes === 0);
    line.hold();
    await primary.command("SET", "big", "x".repeat(5000));
    const seen = await probe.ask();
    expectSeen(seen, "warn", /\d+ bytes behind .*, allowed are 1000/);
    expect(seen.facts).toMatchObject({ linkUp: true });
    expect(Number(seen.facts.lagBytes)).toBeGreaterThan(5000);
    line.release();
    await until("no lag", async () => (await probe.ask()).outcome === "pass");
    await Promise.all([primary, follower].map((server) => server.stop()));
    await line.close();
  });
});

interface SlowLine {
  readonly port: number;
  /** Holds what comes over the oldest connection; the others are quick. */
  hold(): void;
  release(): void;
  close(): Promise<void>;
}

/** Passes connections on to a port. */
async function slowLine(to: number): Promise<SlowLine> {
  const far = new Set<Socket>();
  const server = await fake((near) => {
    const other = connect(to, "127.0.0.1");
    far.add(other);
    other.on("error", () => near.destroy());
    other.on("close", () => far.delete(other));
    near.on("close", () => other.destroy());
    near.pipe(other).pipe(near);
  });
  return {
    port: server.port,
    hold() {
      for (const socket of [...far].slice(0, 1)) socket.pause();
    },
    release() {
      for (const socket of far) socket.resume();
    },
    close: () => server.close(),
  };
}

describe("over TLS", () => {
  it("is asked with a certificate that is verified", async () => {
    const tls = selfSigned(["IP:127.0.0.1"]);
    const files = await startTls(tls);
    expectSeen(await masterProbe(files, { tls: { ca: tls.cert } }).ask(), "pass", /role:master/);
    expectSeen(await masterProbe(files, { tls: true }).ask(), "fail", /TLS: self-signed certificate/);
    expectSeen(await masterProbe(files, { tls: { verify: false } }).ask(), "pass", /role:master/);
    expectSeen(await masterProbe(files).ask(500), "fail", /./);
    await files.stop();
  });
});

async function startTls({ cert, key }: { readonly cert: string; readonly key: string }): Promise<RedisServer> {
  const dir = tempDir("redis-tls");
  const file = (name: string, text: string): string => {
    const path = join(dir, name);
    writeFileSync(path, text);
    return path;
  };
  const port = await freePort();
  const args = ["--tls-cert-file", file("cert.pem", cert), "--tls-key-file", file("key.pem", key)];
  const more = ["--tls-ca-cert-file", join(dir, "cert.pem"), "--tls-auth-clients", "no"];
  const server = await startRedis({ port, args: ["--port", "0", "--tls-port", String(port), ...args, ...more] });
  return server;
}
