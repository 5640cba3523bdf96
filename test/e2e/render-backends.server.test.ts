import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Registry } from "../../src/contract.ts";
import { createClock } from "../../src/engine/clock.ts";
import { EtcdRegistry } from "../../src/registry/etcd/v3.ts";
import { ZooKeeperRegistry } from "../../src/registry/zookeeper/index.ts";
import { type ConsulServer, startConsul } from "../servers/consul.ts";
import { type EtcdServer, startEtcd } from "../servers/etcd.ts";
import { freePort, until } from "../servers/process.ts";
import { startZooKeeper, type ZooKeeperServer } from "../servers/zookeeper.ts";
import { type Ran, run, startCheckd } from "./checkd.ts";
import { runningThings, startRender, textOf, writeFiles } from "./render-rig.ts";

const clock = createClock((error) => {
  throw error;
});
const signal = new AbortController().signal;
const servers = runningThings();
const things = runningThings();
let consul: ConsulServer;
let etcd: EtcdServer;
let zookeeper: ZooKeeperServer;
beforeAll(async () => {
  [consul, etcd, zookeeper] = await Promise.all([startConsul(), startEtcd(), startZooKeeper()]);
  for (const server of [consul, etcd, zookeeper]) servers.keep(server);
});
afterEach(() => things.stop());
afterAll(() => servers.stop());

const NAMES = '{{range ls "/app"}}{{.}}={{getv (printf "/app/%s" .)}} {{end}}';

/** A confd directory with one resource. */
function confd(template = NAMES, more = ""): { readonly dir: string; readonly dest: string } {
  const dir = things.folder("backends");
  const dest = join(dir, "out.cfg");
  writeFiles(dir, {
    "conf.d/a.toml": `[template]\nsrc = "t"\ndest = "${dest}"\nkeys = ["/app"]\n${more}\n`,
    "templates/t": template,
  });
  return { dir, dest };
}

const once = (dir: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  run(["render", "-onetime", "-confdir", dir, ...args], { env: { CHECKD_STATE_DIR: join(dir, "state"), ...env } });

const write = (registry: Registry, key: string, put: string) =>
  registry.commit([{ key, put, expect: "any", session: null }], signal);

/** Sets a key, as other programs do. */
interface Subject {
  readonly flags: () => readonly string[];
  put(key: string, value: string): Promise<unknown>;
  close?(): Promise<void>;
}

const subjects: Readonly<Record<string, () => Subject>> = {
  consul: () => ({ flags: () => ["-backend", "consul", "-node", `127.0.0.1:${consul.port}`], put: consul.put }),
  etcd: () => ({
    flags: () => ["-backend", "etcd", "-node", etcd.address],
    put: (key, value) =>
      fetch(`${etcd.address}/v2/keys/${key}`, { method: "PUT", body: new URLSearchParams({ value }) }),
  }),
  etcdv3: () => {
    const settings = {
      hosts: [etcd.address],
      timeoutMs: 5000,
      tls: undefined,
      username: undefined,
      password: undefined,
    };
    const registry = new EtcdRegistry(settings, clock);
    return {
      flags: () => ["-backend=etcdv3", `-node=127.0.0.1:${etcd.port}`],
      put: (key, value) => write(registry, key, value),
      close: () => registry.close(),
    };
  },
  zookeeper: () => {
    const login = { username: undefined, password: undefined, acl: "open" } as const;
    const registry = new ZooKeeperRegistry(
      { address: zookeeper.address, timeoutMs: 5000, sessionTimeoutMs: 10_000, ...login },
      clock,
    );
    return {
      flags: () => ["--backend", "zookeeper", "--node", zookeeper.address],
      put: (key, value) => write(registry, key, value),
      close: () => registry.close(),
    };
  },
  file: () => {
    const folder = things.folder("keys");
    return {
      flags: () => ["-backend", "file", "-file", folder, "-filter", "*.yaml"],
      put: async (key, value) =>
        writeFileSync(join(folder, `${key.replaceAll("/", "-")}.yaml`), `${key}: "${value}"\n`),
    };
  },
};

describe("a backend", () => {
  it.each(Object.keys(subjects))("%s is read once, and watched", async (name) => {
    const subject = subjects[name]?.();
    if (subject === undefined) throw new Error(name);
    const { dir, dest } = confd();
    try {
      await subject.put("app/a", "1");
      await subject.put("application/x", "not below /app");
      const { code, stderr } = await once(dir, subject.flags());
      expect(code, stderr).toBe(0);
      expect(textOf(dest)).toBe("a=1 ");
      const render = things.keep(await startRender(dir, ["-watch", ...subject.flags()]));
      await until("the watch", () => render.output().includes("Backend source(s)"));
      await subject.put("app/b", "2");
      await until("the second key", () => textOf(dest) === "a=1 b=2 ");
      await subject.put("app/a", "3");
      await until("the new value", () => textOf(dest) === "a=3 b=2 ");
      render.signal("SIGINT");
      expect(await render.exited).toBe(0);
      expect(render.output()).toContain("INFO Captured interrupt. Exiting...");
    } finally {
      await subject.close?.();
    }
  });

  it("env reads variables by confd's names", async () => {
    const { dir, dest } = confd('{{getv "/app/db/host"}} {{getenv "APP_DB_HOST"}}');
    const { code, stderr } = await once(dir, ["-backend", "env"], { APP_DB_HOST: "10.0.0.1" });
    expect(code, stderr).toBe(0);
    expect(textOf(dest)).toBe("10.0.0.1 10.0.0.1");
  });

  const RAW = Buffer.from("gr\xf6\xdfe", "latin1");
  const puts: Readonly<Record<string, () => Promise<unknown>>> = {
    consul: () => fetch(`${consul.address}/v1/kv/raw/x`, { method: "PUT", body: RAW }),
    etcdv3: () => {
      const base64 = (bytes: Buffer): string => bytes.toString("base64");
      const body = JSON.stringify({ key: base64(Buffer.from("/raw/x")), value: base64(RAW) });
      return fetch(`${etcd.address}/v3/kv/put`, { method: "POST", body });
    },
  };
  it.each(Object.keys(puts))("%s may have values that are no UTF-8: they reach the file as they are", async (name) => {
    await puts[name]?.();
    const { dir, dest } = confd('{{getv "/raw/x"}} {{len (getv "/raw/x")}}');
    writeFiles(dir, { "conf.d/a.toml": textOf(join(dir, "conf.d/a.toml")).replace("/app", "/raw") });
    const { code, stderr } = await once(dir, subjects[name]?.().flags() ?? []);
    expect(code, stderr).toBe(0);
    expect(readFileSync(dest).toString("latin1")).toBe("gr\xf6\xdfe 5");
  });

  it("that is not there ends a run with 1, and leaves the file", async () => {
    const { dir, dest } = confd();
    writeFileSync(dest, "old");
    const { code, stderr } = await once(dir, ["-backend", "consul", "-node", `127.0.0.1:${await freePort()}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/ERROR consul at \S+: .*ECONNREFUSED.*\n\S+ \S+ checkd\[\d+\]: FATAL consul at/);
    expect(textOf(dest)).toBe("old");
  });

  it("etcd's v2 API has confd's error for a key that is missing; an empty folder is none", async () => {
    const { dir } = confd("x");
    writeFiles(dir, { "conf.d/a.toml": textOf(join(dir, "conf.d/a.toml")).replace("/app", "/missing") });
    const missing = await once(dir, ["-node", etcd.address]);
    expect(missing.code).toBe(1);
    expect(missing.stderr).toMatch(/ERROR 100: Key not found \(\/missing\) \[\d+\]\n/);
    await fetch(`${etcd.address}/v2/keys/missing`, { method: "PUT", body: new URLSearchParams({ dir: "true" }) });
    expect((await once(dir, ["-node", etcd.address])).code).toBe(0);
  });

  it("Consul with rules is read with the token from the environment only", async () => {
    const guarded = things.keep(await startConsul({ acl: true }));
    await guarded.put("app/a", "1");
    const { dir, dest } = confd();
    const flags = ["-backend", "consul", "-node", `127.0.0.1:${guarded.port}`];
    const refused = await once(dir, flags);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/403|ermission denied/);
    expect(textOf(dest)).toBe("");
    const { MASTER_TOKEN } = await import("../servers/consul.ts");
    const allowed = await once(dir, flags, { CONSUL_HTTP_TOKEN: MASTER_TOKEN });
    expect(allowed.code, allowed.stderr).toBe(0);
    expect(allowed.stderr).not.toContain(MASTER_TOKEN);
    expect(textOf(dest)).toBe("a=1 ");
  });
});

describe("the program", () => {
  const flags = (dir: string) => {
    writeFileSync(join(dir, "keys.json"), '{"app": {"a": 1, "b": "x"}}');
    return ["-backend", "file", "-file", join(dir, "keys.json")];
  };

  it("says what confd says, line by line", async () => {
    const { dir, dest } = confd();
    const first = await once(dir, flags(dir));
    const line = (text: string) => String.raw`\d{4}-\d\d-\d\dT\S+ \S+ checkd\[\d+\]: ${text}\n`;
    expect(first.stdout).toBe("");
    expect(first.stderr).toMatch(
      new RegExp(
        `^${line("INFO Backend set to file")}${line("INFO Starting confd")}${line(`INFO Backend source\\(s\\) set to ${dir}/keys.json`)}${line(`INFO Target config ${dest} out of sync`)}${line(`INFO Target config ${dest} has been updated`)}$`,
      ),
    );
    const second = await once(dir, [...flags(dir), "-log-level", "error"]);
    expect(second).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("shows on stdout what it would change with -noop", async () => {
    const { dir, dest } = confd();
    writeFileSync(dest, "old\n");
    const { code, stdout, stderr } = await once(dir, [...flags(dir), "-noop"]);
    expect(code).toBe(0);
    expect(stdout).toBe(`--- ${dest}\n+++ ${dest} (new)\n@@ -1 +1 @@\n-old\n+a=1 b=x \n\\ No newline at end of file\n`);
    expect(stderr).toContain(`WARNING Noop mode enabled. ${dest} will not be modified`);
    expect(textOf(dest)).toBe("old\n");
  });

  it.each([
    ["no confd directory", "", 0, /WARNING Cannot load template resources: confdir '\S+' does not exist/],
    ["no conf.d", "templates", 1, /FATAL lstat \S+\/conf\.d: no such file or directory/],
    ["an empty conf.d", "conf.d", 0, /WARNING Found no templates/],
  ])("with %s ends as confd does", async (_, folder, code, said) => {
    const dir = join(things.folder("none"), "confd");
    if (folder !== "") execFileSync("mkdir", ["-p", join(dir, folder)]);
    const ran = await run(["render", "-onetime", "-backend", "env", "-confdir", dir]);
    expect(ran.stderr).toMatch(said);
    expect(ran.code).toBe(code);
  });

  it("with one broken resource renders none", async () => {
    const { dir, dest } = confd();
    writeFiles(dir, { "conf.d/z.toml": "[template" });
    const { code, stderr } = await once(dir, flags(dir));
    expect(code).toBe(1);
    expect(stderr).toMatch(/FATAL Cannot process template resource \S+z\.toml - /);
    expect(textOf(dest)).toBe("");
  });

  it.each([
    [["-backend", "vault"], 2, /Invalid backend: "vault" \(there are consul, etcd, etcdv3, zookeeper, env, file\)/],
    [["-nosuch"], 2, /flag provided but not defined: -nosuch/],
    [["-version"], 0, /^checkd \d+\.\d+\.\d+\n$/],
    [["-help"], 0, /-sync-only/],
    [["--help"], 0, /Examples:/],
  ])("%j ends with %i", async (args, code, said) => {
    const ran = await run(["render", ...args]);
    expect(ran.code).toBe(code);
    expect(`${ran.stdout}${ran.stderr}`).toMatch(said);
  });

  it("does not empty a file when the registry was emptied between two runs", async () => {
    const { dir, dest } = confd();
    await once(dir, flags(dir));
    writeFileSync(join(dir, "keys.json"), "{}");
    const args = ["-backend", "file", "-file", join(dir, "keys.json")];
    const { code, stderr } = await once(dir, args);
    expect(code).toBe(1);
    expect(stderr).toContain(`WARNING ${dest} stays as it is: all 2 keys are gone`);
    expect(textOf(dest)).toBe("a=1 b=x ");
    expect((await once(dir, [...args, "-shrink-guard=off"])).code).toBe(0);
    expect(textOf(dest)).toBe("");
  });
});

describe("render: in the daemon", () => {
  it("follows keys and, at SIGHUP, the files of the directory; a broken one changes nothing", async () => {
    await consul.put("daemon/app/a", "1");
    const { dir, dest } = confd(NAMES, `reload_cmd = "echo x >> {dir}/reloads"`);
    const resource = textOf(join(dir, "conf.d/a.toml")).replace("{dir}", dir);
    writeFiles(dir, { "conf.d/a.toml": resource });
    const config = {
      registries: { main: { driver: "consul", address: consul.address } },
      render: { confdir: dir, registry: "main", prefix: "/daemon" },
    };
    const daemon = things.keep(await startCheckd(config));
    await until("the file", () => textOf(dest) === "a=1 ");
    await consul.put("daemon/app/b", "2");
    await until("the second key", () => textOf(dest) === "a=1 b=2 ");
    await consul.put("daemon/app/c", "x\ny");
    await until("the refusal", () => daemon.output().includes("the value of /app/c has control characters"));
    expect(textOf(dest)).toBe("a=1 b=2 ");
    await consul.put("daemon/app/c", "3");
    writeFiles(dir, { "templates/t": `# new\n${NAMES}` });
    expect(await daemon.reload(config)).toContain("reloaded");
    await until("the new template", () => textOf(dest) === "# new\na=1 b=2 c=3 ");
    writeFiles(dir, { "conf.d/b.toml": '[template]\nsrc = ""\n' });
    expect(await daemon.reload(config)).toContain("everything goes on as before");
    expect(daemon.output()).toContain("render.confdir: empty src template");
    rmSync(join(dir, "conf.d/b.toml"));
    await consul.put("daemon/app/d", "4");
    await until("the fourth key", () => textOf(dest).endsWith("d=4 "));
    expect(textOf(join(dir, "reloads")).length).toBeGreaterThan(4);
  });

  it("changes nothing with --dry-run, and logs what it would", async () => {
    await consul.put("dry/app/a", "1");
    const { dir, dest } = confd();
    writeFileSync(dest, "old\n");
    const config = {
      registries: { main: { driver: "consul", address: consul.address } },
      render: { confdir: dir, registry: "main", prefix: "/dry" },
    };
    const daemon = things.keep(await startCheckd(config, ["--dry-run"]));
    await until("the diff", () => /dry run: -old\n[\s\S]*dry run: \+a=1/.test(daemon.output()));
    expect(textOf(dest)).toBe("old\n");
  });
});
