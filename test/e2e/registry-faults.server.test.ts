import { afterAll, describe, expect, it } from "vitest";
import { type ConsulServer, MASTER_TOKEN, startConsul } from "../servers/consul.ts";
import { type MemcachedServer, startMemcached } from "../servers/memcached.ts";
import { freePort, sleep, until } from "../servers/process.ts";
import { run } from "./checkd.ts";
import {
  addressIn,
  type Classic,
  type ConsulProxy,
  count,
  startClassic,
  startProxy,
  stays,
  untilNamed,
} from "./classic-programs.ts";

const KEY = "haproxy/memcached/mem1";
const AWAY = "nothing is changed, trying on";
const at = ({ port }: { readonly port: number }): string => `127.0.0.1:${port}`;
const stops: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

/** Two servers, a Consul that may be replaced, and a tool that keeps one of the servers in it. */
interface Rig {
  consul: ConsulServer;
  readonly tool: Classic;
  readonly get: () => Promise<string | null>;
  /** Ends the server that the key names and gives the other one's address. */
  breakCurrent(): Promise<string>;
}

async function rig(
  options: { readonly acl?: boolean; readonly token?: string; readonly proxied?: boolean } = {},
): Promise<Rig & { readonly proxy: ConsulProxy }> {
  const [a, b] = await Promise.all([startMemcached(), startMemcached()]);
  const servers: readonly MemcachedServer[] = [a, b];
  const consul = await startConsul({ acl: options.acl === true, port: await freePort() });
  const proxy = await startProxy(consul.port);
  if (options.token !== undefined) await allow(consul, options.token);
  const port = options.proxied === true ? proxy.port : consul.port;
  const tool = await startClassic("checkmemcached", [
    ...["--server", servers.map(at).join(","), "--tag", "mem1", "--consul", `127.0.0.1:${port}`],
    ...(options.token === undefined ? [] : ["--token", options.token]),
  ]);
  const made = {
    consul,
    tool,
    proxy,
    get: () => made.consul.get(KEY),
    async breakCurrent() {
      const current = addressIn(await made.get().catch(() => lastNamed(tool)));
      const [broken, other] = at(a) === current ? [a, b] : [b, a];
      broken.signal("SIGKILL");
      await until("the tool to see it", () => tool.errors().includes(`${at(broken)} is abnormal`));
      return at(other);
    },
  };
  stops.push(async () => {
    await tool.stop();
    await proxy.stop();
    await Promise.all([made.consul.stop(), ...servers.map((server) => server.stop())]);
  });
  await until("the key", made.get);
  await until("a round", () => tool.output().includes("mem1 in consul is ok"));
  return made;
}

/** The value that the tool wrote last, when Consul cannot be asked. */
const lastNamed = (tool: Classic): string => {
  const [, host, port] = /set new ([^ ]+):(\d+) to consul mem1 ok(?![\s\S]*set new)/.exec(tool.output()) ?? [];
  return JSON.stringify({ host, port: Number(port) });
};

/** Makes a token that may do what publications need. */
async function allow(consul: ConsulServer, token: string): Promise<void> {
  const rules = 'key_prefix "haproxy/" { policy = "write" }';
  const policy = await consul.api("PUT", "/acl/policy", JSON.stringify({ Name: "tool", Rules: rules }));
  expect(policy.status, policy.text).toBe(200);
  await grant(consul, token);
}

/** Makes the token, or the same one again after it was revoked. */
async function grant(consul: ConsulServer, token: string): Promise<string> {
  const body = JSON.stringify({ SecretID: token, AccessorID: token, Policies: [{ Name: "tool" }] });
  const made = await consul.api("PUT", "/acl/token", body);
  expect(made.status, made.text).toBe(200);
  return token;
}

/** Its end and its return are told once, whatever happened in between. */
async function toldOnce(tool: Classic, why: RegExp): Promise<void> {
  await until("the return to be told", () => tool.errors().includes("consul is back"), 20_000);
  expect(count(tool.errors(), AWAY)).toBe(1);
  expect(count(tool.errors(), "consul is back")).toBe(1);
  expect(tool.errors()).toMatch(why);
  expect(tool.errors().split("\n").length).toBeLessThan(8);
}

describe.concurrent("a tool whose Consul goes wrong", () => {
  it("writes what is right when a killed Consul comes back empty, and goes on watching it", async () => {
    const made = await rig();
    const { tool, consul } = made;
    consul.signal("SIGKILL");
    await consul.exited;
    await until("the tool to say so", () => tool.errors().includes(AWAY));
    const rounds = count(tool.output(), "connect to");
    const other = await made.breakCurrent();
    await until("rounds to go on", () => count(tool.output(), "connect to") > rounds + 1);
    made.consul = await startConsul({ port: consul.port });
    await untilNamed(made.get, other, 20_000);
    await toldOnce(tool, /WARN consul at http:\/\/127\.0\.0\.1:\d+: (socket hang up|\S* ?ECONN[^:]*); nothing/);
    // The new Consul counts its changes from the beginning: a watch that waits for the old number hears nothing.
    await made.consul.api("DELETE", `/kv/${KEY}`);
    await untilNamed(made.get, other, 5000);
  });

  it("keeps looking while Consul hangs for thirty seconds, and writes the newest when it moves again", async () => {
    const { consul, tool, get, breakCurrent } = await rig();
    const before = await get();
    consul.signal("SIGSTOP");
    const hung = sleep(30_000);
    // Nothing can be read while it hangs: the last word of the tool tells which server it was.
    const broken = addressIn(before);
    const rounds = count(tool.output(), "connect to");
    const other = await breakCurrent();
    await until("the write to fail", () => tool.errors().includes(AWAY), 20_000);
    await hung;
    expect(count(tool.output(), "connect to")).toBeGreaterThan(rounds + 20);
    consul.signal("SIGCONT");
    await untilNamed(get, other, 30_000);
    expect(other).not.toBe(broken);
    await toldOnce(tool, /no answer in time|timed? ?out|ETIMEDOUT/i);
  });

  it("takes errors of Consul as its absence: all answers 500, then only writes", async () => {
    const { tool, get, breakCurrent, proxy } = await rig({ proxied: true });
    const before = await get();
    proxy.mode = "fail";
    await until("the tool to say so", () => tool.errors().includes(AWAY));
    const flags = ["--server", "127.0.0.1:1", "--tag", "mem1", "--consul", `127.0.0.1:${proxy.port}`, "--once"];
    const once = await run(flags, { name: "checkmemcached" });
    expect(once.code, once.stderr).toBe(3);
    expect(once.stderr).toContain("answered 500: made up: rpc error");
    const other = await breakCurrent();
    await stays("the key", 2000, get, before);
    proxy.mode = "fail writes";
    await stays("the key", 2000, get, before);
    proxy.mode = "pass";
    await untilNamed(get, other, 20_000);
    await toldOnce(tool, /socket hang up|answered 500/);
  });

  it("goes on when its token is revoked and given back, and never shows it", async () => {
    const token = "aaaaaaaa-1111-2222-3333-444444444444";
    const { consul, tool, get, breakCurrent } = await rig({ acl: true, token });
    const before = await get();
    const revoked = await consul.api("DELETE", `/acl/token/${token}`);
    expect(revoked.status, revoked.text).toBe(200);
    const other = await breakCurrent();
    await until("the tool to say so", () => tool.errors().includes(AWAY));
    await stays("the key", 1500, get, before);
    const once = await run(
      ["--server", other, "--tag", "mem1", "--consul", consul.address, "--once", "--token", token],
      { name: "checkmemcached" },
    );
    expect(once.code, once.stderr).toBe(3);
    await grant(consul, token);
    await untilNamed(get, other, 20_000);
    await toldOnce(tool, /answered 403|ACL not found|Permission denied/);
    expect(`${tool.errors()}${tool.output()}${once.stderr}`).not.toContain(token);
    expect(`${tool.errors()}${tool.output()}`).not.toContain(MASTER_TOKEN);
  });

  it("puts back what somebody deleted or wrote over, and leaves what names a healthy server", async () => {
    const { consul, tool, get } = await rig();
    const address = addressIn(await get());
    await consul.api("DELETE", `/kv/${KEY}`);
    await until("the key", get, 2000);
    const wrong = ["not json", "", "[]", '{"host":"127.0.0.1","port":1}', '{"host":"127.0.0.1"}'];
    for (const value of wrong.slice(0, 1)) {
      await consul.put(KEY, value);
      await until(`${value} to be replaced`, async () => (await get())?.includes('"proxyport"'), 15_000);
    }
    // Within ten seconds of its own write the tool does not fight; these come one over the other.
    for (const value of wrong.slice(1)) await consul.put(KEY, value);
    await until("a healthy server", async () => (await get())?.includes('"proxyport"'), 15_000);
    expect(tool.errors()).not.toContain("internal");
    const theirs = JSON.stringify({ host: address.split(":")[0], port: Number(address.split(":")[1]), note: "mine" });
    await consul.put(KEY, theirs);
    await stays("a value that names a healthy server", 1500, get, theirs);
  });
});
