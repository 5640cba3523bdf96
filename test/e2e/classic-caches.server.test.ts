import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "../servers/certificates.ts";
import { type ConsulServer, startConsul } from "../servers/consul.ts";
import { type MemcachedServer, startMemcached } from "../servers/memcached.ts";
import { freePort, until } from "../servers/process.ts";
import { type RedisGroup, type RedisServer, startGroup, startRedis, startReplica } from "../servers/redis.ts";
import { run } from "./checkd.ts";
import {
  addressIn,
  type Classic,
  count,
  loggedAt,
  scratchFile,
  startClassic,
  startProxy,
  stays,
  sweep,
  untilNamed,
} from "./classic-programs.ts";

let consul: ConsulServer;
const tools: Classic[] = [];
const at = ({ port }: { readonly port: number }): string => `127.0.0.1:${port}`;
const list = (servers: readonly { readonly port: number }[]): string => servers.map(at).join(",");

async function keep(tool: Promise<Classic>): Promise<Classic> {
  const made = await tool;
  tools.push(made);
  return made;
}

beforeAll(async () => {
  consul = await startConsul();
});

afterAll(async () => {
  await Promise.all(tools.map((tool) => tool.stop()));
  await consul.stop();
  sweep();
});

describe.concurrent("checkmemcached", () => {
  const KEY = "haproxy/memcached/mem11211";
  const value = (): Promise<string | null> => consul.get(KEY);
  let servers: readonly [MemcachedServer, MemcachedServer];
  let elsewhere: MemcachedServer;
  let tool: Classic;

  beforeAll(async () => {
    const [a, b, c] = await Promise.all([startMemcached(), startMemcached(), startMemcached()]);
    servers = [a, b];
    elsewhere = c;
  });
  afterAll(async () => {
    await Promise.all([...servers, elsewhere].map((server) => server.stop()));
  });

  it("keeps one healthy server of its list in Consul, and one that somebody else wrote", async () => {
    const flags = ["--server", list(servers), "--tag", "mem11211", "--consul", `127.0.0.1:${consul.port}`];
    tool = await keep(startClassic("checkmemcached", flags));
    const written = JSON.parse(await until("the key", value)) as { port: number };
    const [{ port }] = servers;
    expect(written, "the first of the list").toEqual({
      name: "mem11211",
      host: "127.0.0.1",
      port,
      proxyport: port + 5000,
    });
    await until("the ok of a round", () => tool.output().includes("mem11211 in consul is ok"));
    expect(tool.lines()[0]).toMatch(/^\[[^\]]+\] connect to 127\.0\.0\.1, \d+ \.\.\.$/);
    const [current, other] = servers.map(at).indexOf(at(written)) === 0 ? servers : [servers[1], servers[0]];

    current.signal("SIGSTOP");
    const seen = await untilNamed(value, at(other));
    expect(seen - loggedAt(tool.errors(), `${at(current)} is abnormal`)).toBeLessThan(1000);
    await until("it to be said", () => tool.output().includes(`set new ${at(other)} to consul mem11211 ok`));
    current.signal("SIGCONT");
    await until("it to be healthy again", () => tool.errors().includes(`${at(current)} is healthy again`));
    await stays("the one that was published meanwhile", 700, async () => addressIn(await value()), at(other));

    const theirs = JSON.stringify({ name: "mem11211", host: "127.0.0.1", port: elsewhere.port, proxyport: 1 });
    await consul.put(KEY, theirs);
    await stays("a healthy server of another list", 1500, value, theirs);
    for (const server of servers) server.signal("SIGSTOP");
    const isOut = (server: { readonly port: number }): boolean => {
      const said = tool.errors();
      return said.lastIndexOf(`${at(server)} is abnormal`) > said.lastIndexOf(`${at(server)} is healthy again`);
    };
    await until("the others to be out", () => servers.every(isOut), 20_000);
    elsewhere.signal("SIGSTOP");
    await until("the tool to say so", () => tool.errors().includes("there is no healthy server for mem11211"), 20_000);
    await stays("the last value, when nobody is healthy", 500, value, theirs);
    // On a busy machine a round may find itself stalled, and then it does not know whether anybody answered.
    const none = await until("a round without an answer", async () => {
      const ran = await run([...flags, "--once"], { name: "checkmemcached" });
      return ran.code === 3 && ran;
    });
    expect(none.stderr).toContain(`127.0.0.1:${elsewhere.port} stays`);
    for (const server of servers) server.signal("SIGCONT");
    await until("a healthy one", async () => servers.map(at).includes(addressIn(await value())), 20_000);
    expect(count(tool.errors(), "there is no healthy server")).toBe(1);
    elsewhere.signal("SIGCONT");
  });
});

describe.concurrent("checkredismaster", () => {
  it("names the master that the Sentinels agree on through a fail-over, and not the old one that comes back", async () => {
    const key = "haproxy/redismaster/redis6379";
    const group: RedisGroup = await startGroup();
    try {
      const tool = await keep(
        startClassic("checkredismaster", [
          ...["--server", list(group.servers), "--sentinel", group.sentinelAddresses.join(",")],
          ...["--master-name", group.masterName, "--tag", "redis6379", "--consul", `127.0.0.1:${consul.port}`],
        ]),
      );
      const [master, ...replicas] = group.servers;
      if (master === undefined) throw new Error("no master");
      const get = (): Promise<string | null> => consul.get(key);
      await untilNamed(get, at(master));
      expect(JSON.parse((await get()) ?? "")).toEqual({
        name: "redis6379",
        host: "127.0.0.1",
        port: master.port,
        proxyport: master.port + 10_000,
      });
      master.signal("SIGKILL");
      const successor = await until("the Sentinels to name another", async () => {
        const named = await group.named();
        return named !== null && named !== master ? named : false;
      });
      expect(replicas).toContain(successor);
      const agreed = Date.now();
      const seen = await untilNamed(get, at(successor), 10_000);
      expect(seen - agreed).toBeLessThan(3000);
      await master.restart();
      await stays(
        "the successor, while the old master claims too",
        1500,
        async () => addressIn(await get()),
        at(successor),
      );
      expect(tool.errors()).toMatch(new RegExp(`${at(successor)} is the master`));
    } finally {
      await group.stop();
    }
  });

  it("works without Sentinels and with a password that is in no argument", async () => {
    const key = "haproxy/redismaster/plain";
    const password = "se#cret";
    const master: RedisServer = await startRedis({ password });
    const replica = await startReplica(master, { password });
    const file = scratchFile("password", `${password}\n`);
    try {
      const flags = ["--server", list([replica, master]), "--password-file", file, "--tag", "plain"];
      const once = await run([...flags, "--once"], {
        name: "checkredismaster",
        env: { CONSUL_HTTP_ADDR: `127.0.0.1:${consul.port}` },
      });
      expect(once.code, once.stderr).toBe(0);
      expect(addressIn(await consul.get(key))).toBe(at(master));
      expect(once.stdout).toContain(`set new ${at(master)} to consul plain ok`);
      await master.stop();
      const dead = await run([...flags, "--once", "--consul", `127.0.0.1:${consul.port}`], {
        name: "checkredismaster",
      });
      expect(dead).toMatchObject({ code: 1 });
      expect(addressIn(await consul.get(key))).toBe(at(master));
      expect(`${once.stdout}${once.stderr}${dead.stdout}${dead.stderr}`).not.toContain(password);
    } finally {
      await Promise.all([replica.stop(), master.stop()]);
    }
  });
});

describe.concurrent("wrong usage of the programs of old", () => {
  it.each([
    ["checkmysqlslave", ["--tag", "a"], /--conf is missing/],
    ["checkmysqlslave", ["--conf", "/nowhere/db.conf", "--tag", "a"], /\/nowhere\/db\.conf: cannot be read/],
    ["checkmysqlslave", ["--conf", "db.conf"], /--tag is missing.*--all/],
    ["checkmysqlslave", ["--conf", "db.conf", "--tag", "a/b"], /--tag: "a\/b" is no tag \(no blank, slash/],
    ["checkmysqlslave", ["--conf", "db.conf", "--tag", "a b"], /--tag: "a b" is no tag/],
    ["checkmysqlslave", ["--conf", "db.conf", "--tag", "a", "--all"], /cannot be used with option/],
    ["checkmysqlslave", ["--conf", "db.conf", "--tag", "a", "--every", "soon"], /write 500ms, 2s/],
    ["checkmysqlslave", ["--conf", "db.conf", "--tag", "a", "--every", "1ms"], /--every: at least 100ms/],
    ["checkmysqlslave", ["--conf", "db.conf", "--tag", "a", "--discover", "magic"], /hosts, processlist/],
    ["checkmemcached", ["--server", "10.0.0.1", "--tag", "a"], /--server: "10\.0\.0\.1" is no address/],
    ["checkmemcached", ["--server", "h:99999", "--tag", "a"], /"h:99999" is no address/],
    ["checkmemcached", ["--tag", "a"], /--server is missing/],
    ["checkmemcached", ["--server", "h:1"], /--tag is missing/],
    ["checkmemcached", ["--server", "h:1", "--tag", "a", "--tag", "b"], /one tag/],
    ["checkmemcached", ["--server", "h:1", "--tag", "a", "--consul", "ftp://x"], /"ftp:\/\/x" is no address of Consul/],
    ["checkmemcached", ["--server", "h:1", "--tag", "a", "--consul", "localhost:abc"], /"localhost:abc" is no address/],
    ["checkmemcached", ["--server", "h:1", "--tag", "a", "--wat"], /unknown option '--wat'/],
    ["checkredismaster", ["--server", "h:1", "--tag", "a", "--sentinel", "s:1"], /--master-name is missing/],
    ["checkredismaster", ["--server", "h:1", "--tag", "a", "--master-name", "m"], /--sentinel is missing/],
    ["checkredismaster", ["--server", "h:1", "--tag", "a", "--password-file", "/nowhere"], /cannot read \/nowhere/],
  ])("%s %j ends with 2 and a clear word", async (name, args, says) => {
    const ran = await run(args, { name });
    expect(ran).toMatchObject({ code: 2, stdout: "" });
    expect(ran.stderr).toMatch(says);
  });

  it("shows help with examples, and the version", async () => {
    for (const name of ["checkmysqlslave", "checkmemcached", "checkredismaster"]) {
      const help = await run(["--help"], { name });
      expect(help).toMatchObject({ code: 0, stderr: "" });
      expect(help.stdout).toContain("Examples:");
      for (const flag of ["--consul", "--token", "--every", "--once", "--tag", "--log-level"])
        expect(help.stdout).toContain(flag);
      expect((await run(["--version"], { name })).stdout).toMatch(/^\d+\.\d+\.\d+/);
    }
  });
});

describe.concurrent("Consul as its own tools reach it", () => {
  it("is reached by the variables of its tools, through TLS too", async () => {
    const server = await startMemcached();
    const certificate = selfSigned(["IP:127.0.0.1"]);
    const proxy = await startProxy(consul.port, certificate);
    const ca = scratchFile("ca.pem", certificate.cert);
    const tls = { CONSUL_HTTP_ADDR: `https://127.0.0.1:${proxy.port}` };
    const once = (env: NodeJS.ProcessEnv) =>
      run([], {
        name: "checkmemcached",
        env: { CHECKD_SERVER: at(server), CHECKD_TAG: "tls", CHECKD_ONCE: "1", CHECKD_LOG_FORMAT: "json", ...env },
      });
    try {
      const unknown = await once(tls);
      expect(unknown.code, unknown.stderr).toBe(3);
      expect(JSON.parse(unknown.stderr.split("\n")[0] ?? "")).toMatchObject({
        msg: expect.stringMatching(/self.signed/),
      });
      expect(await consul.get("haproxy/memcached/tls")).toBeNull();
      const trusted = await once({ ...tls, CONSUL_CACERT: ca });
      expect(trusted.code, trusted.stderr).toBe(0);
      expect(trusted.stdout).toContain(`set new ${at(server)} to consul tls ok`);
      const careless = await once({ ...tls, CONSUL_HTTP_SSL_VERIFY: "false" });
      expect(careless.code, careless.stderr).toBe(0);
      expect(careless.stdout).toContain("tls in consul is ok");
      const plain = await once({ CONSUL_HTTP_ADDR: `127.0.0.1:${consul.port}`, CONSUL_HTTP_SSL: "false" });
      expect(plain.code, plain.stderr).toBe(0);
      const maybe = await once({ ...tls, CONSUL_HTTP_SSL_VERIFY: "maybe" });
      expect(maybe.code).toBe(2);
      expect(maybe.stderr).toMatch(/CONSUL_HTTP_SSL_VERIFY: .*maybe.* is neither true nor false/);
      const nowhere = await once({ ...tls, CONSUL_CACERT: "/nowhere/ca.pem" });
      expect(nowhere.code).toBe(2);
      expect(nowhere.stderr).toContain("CONSUL_CACERT: ");
    } finally {
      await Promise.all([proxy.stop(), server.stop()]);
    }
  });
});

it("a port that nobody listens on is said once, with the way to mend it", async () => {
  const ran = await run(
    ["--server", `127.0.0.1:${await freePort()}`, "--tag", "none", "--once", "--consul", `127.0.0.1:${consul.port}`],
    { name: "checkmemcached" },
  );
  expect(ran).toMatchObject({ code: 3 });
  expect(ran.stderr).toContain("there is no healthy server for none, nothing is written");
  expect(ran.stderr).toContain("refused");
  expect(await consul.get("haproxy/memcached/none")).toBeNull();
});
