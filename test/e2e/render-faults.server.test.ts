import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { startNginx } from "../servers/nginx.ts";
import { freePort, type Running, sleep, start, until } from "../servers/process.ts";
import { program, run } from "./checkd.ts";
import {
  get,
  HAPROXY_HEAD,
  type Master,
  runningThings,
  startMaster,
  startRender,
  textOf,
  writeFiles,
} from "./render-rig.ts";

const things = runningThings();
const mounts: string[] = [];
afterEach(async () => {
  await things.stop();
});

const mount = (...args: readonly string[]): void => void execFileSync("mount", [...args]);

/** Mounts something until the test is over. */
function mounted(where: string, ...args: readonly string[]): void {
  mount(...args, where);
  mounts.push(where);
  things.keep({
    stop: async () => {
      execFileSync("umount", ["-l", where]);
    },
  });
}

/** Requests one after the other for as long as the test lasts; each must be answered. */
function constantLoad(port: number): { readonly failures: string[]; count(): number; stop(): Promise<void> } {
  const failures: string[] = [];
  let count = 0;
  let ended = false;
  const running = (async () => {
    while (!ended) {
      await get(port).then(
        ({ status }) => status === 200 || failures.push(`status ${status}`),
        (error: Error) => failures.push(error.message),
      );
      count += 1;
      await sleep(5);
    }
  })();
  return {
    failures,
    count: () => count,
    stop: async () => {
      ended = true;
      await running;
    },
  };
}

interface Site {
  readonly dir: string;
  /** Folder of haproxy.cfg. */
  readonly etc: string;
  readonly dest: string;
  readonly port: number;
  readonly haproxy: Master;
  readonly load: ReturnType<typeof constantLoad>;
  /** Sets the keys: what the file is a version of, and how long it is. */
  version(version: number, lines?: number): void;
  resource(more?: string): void;
  /** The version that HAProxy has loaded. */
  loaded(): Promise<string>;
  /** Version of the file in place; throws when it is not whole. */
  inPlace(): number;
  readonly flags: readonly string[];
  watch(): Promise<Running>;
}

const TEMPLATE = (dir: string, web: number, port: number): string => `# version {{getv "/site/version"}}
${HAPROXY_HEAD(dir)}
frontend web
  bind 127.0.0.1:${port}
  {{getv "/site/extra" ""}}
  http-response set-header X-Version {{getv "/site/version"}}
  default_backend web
backend web
  server one 127.0.0.1:${web}
{{range seq 1 (atoi (getv "/site/lines"))}}# a line that makes the file longer than it would be without it
{{end}}# end of version {{getv "/site/version"}}
`;

/** HAProxy 2.6 in master-worker mode before a web server, on a file that checkd renders. `prepare`: makes the folder of it. */
async function site(prepare: (etc: string) => void = () => {}): Promise<Site> {
  const dir = things.folder("faults");
  const etc = join(dir, "etc");
  mkdirSync(etc);
  prepare(etc);
  const dest = join(etc, "haproxy.cfg");
  const [web, port] = [things.keep(await startNginx({ content: "hello" })), await freePort()];
  const keys = join(dir, "keys.json");
  const flags = ["-backend", "file", "-file", keys];
  const setKeys = (values: Readonly<Record<string, string | number>>): void => {
    writeFileSync(`${keys}.new`, JSON.stringify({ site: values }));
    execFileSync("mv", [`${keys}.new`, keys]);
  };
  const resource = (more = ""): void => {
    const reload = /^reload_cmd =/m.test(more) ? "" : `reload_cmd = "kill -USR2 $(cat ${dir}/haproxy.pid)"\n`;
    const text = `[template]\nsrc = "t.tmpl"\ndest = "${dest}"\nkeys = ["/site"]\n${reload}${more}\n`;
    writeFiles(dir, { "conf.d/haproxy.toml": text });
  };
  writeFiles(dir, { "templates/t.tmpl": TEMPLATE(dir, web.port, port) });
  resource();
  setKeys({ version: 1, lines: 1 });
  const env = { CHECKD_STATE_DIR: join(dir, "state") };
  const first = await run(["render", "-onetime", "-sync-only", "-confdir", dir, ...flags], { env });
  expect(first.code, first.stderr).toBe(0);
  const haproxy = things.keep(await startMaster(dir, "etc/haproxy.cfg"));
  await until("a request to be answered", async () => (await get(port)).status === 200);
  return {
    dir,
    etc,
    dest,
    port,
    haproxy,
    load: things.keep(constantLoad(port)),
    version: (version, lines = 1) => setKeys({ version, lines }),
    resource,
    loaded: async () => String((await get(port)).headers["x-version"]),
    inPlace: () => {
      const [, begun, ended] =
        /^# version (\d+)\n[\s\S]*\n# end of version (\d+)\n$/.exec(readFileSync(dest, "utf8")) ?? [];
      if (begun === undefined || begun !== ended) throw new Error(`not whole: ${readFileSync(dest, "utf8")}`);
      return Number(begun);
    },
    flags,
    watch: async () => things.keep(await startRender(dir, ["-watch", ...flags])),
  };
}

const hidden = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.startsWith("."));

describe("HAProxy serves, and the last good file is in place", () => {
  it("when check_cmd fails, and takes the next good one", async () => {
    const here = await site();
    here.resource("check_cmd = \"haproxy -c -q -f {{.src}} && ! grep -q 'version 2' {{.src}}\"");
    const render = await here.watch();
    here.version(2);
    await until("the check to fail", () => render.output().includes("Config check failed: exit status 1"));
    expect(here.inPlace()).toBe(1);
    here.version(3);
    await until("the next one to be loaded", async () => (await here.loaded()) === "3");
    expect(here.load.failures).toEqual([]);
    expect(hidden(here.etc)).toEqual([]);
  });

  it("when reload_cmd fails: the old file comes back, and the new one is tried until it holds", async () => {
    const here = await site();
    const broken = join(here.dir, "broken");
    here.resource(`reload_cmd = "test ! -e ${broken} && kill -USR2 $(cat ${here.dir}/haproxy.pid)"`);
    const render = await here.watch();
    writeFileSync(broken, "");
    here.version(2);
    await until("the reload to fail", () => render.output().includes("ERROR Config reload failed: exit status 1"));
    expect(here.inPlace()).toBe(1);
    rmSync(broken);
    await until("the new one to be loaded", async () => (await here.loaded()) === "2");
    expect(here.inPlace()).toBe(2);
    await until("nothing to be owed", () => hidden(here.etc).length === 0);
    expect(here.load.failures).toEqual([]);
  });

  it("when the master refuses the file and the command knows nothing of it: the socket tells", async () => {
    const here = await site();
    here.resource(`confirm = "socket"\nsocket = "${here.dir}/admin.sock"\nreload_cmd_timeout = "3s"`);
    const render = await here.watch();
    await until("the watch", () => render.output().includes("Backend source(s)"));
    const keys = join(here.dir, "keys.json");
    writeFileSync(keys, JSON.stringify({ site: { version: 2, lines: 1, extra: "no such keyword" } }));
    await until(
      "the failure",
      () => /Config reload failed: process \d+ still answers on/.test(render.output()),
      20_000,
    );
    expect(here.inPlace()).toBe(1);
    expect(await here.loaded()).toBe("1");
    here.version(3);
    await until("the next one to be loaded", async () => (await here.loaded()) === "3", 30_000);
    expect(here.inPlace()).toBe(3);
    expect(here.load.failures).toEqual([]);
  });

  it("when the filesystem is read-only, until it is not", async () => {
    const here = await site((etc) => mounted(etc, "-t", "tmpfs", "-o", "size=1m", "tmpfs"));
    const render = await here.watch();
    mount("-o", "remount,ro", here.etc);
    here.version(2);
    await until("the failure", () => render.output().includes("ERROR EROFS: read-only file system"));
    expect(here.inPlace()).toBe(1);
    mount("-o", "remount,rw", here.etc);
    await until("the new one to be loaded", async () => (await here.loaded()) === "2");
    expect(here.load.failures).toEqual([]);
  });

  it("when the filesystem is full, until it is not", async () => {
    const here = await site((etc) => mounted(etc, "-t", "tmpfs", "-o", "size=64k", "tmpfs"));
    const filler = join(here.etc, "filler");
    const render = await here.watch();
    writeFileSync(filler, Buffer.alloc(40_000));
    here.version(2, 500);
    await until("the failure", () => render.output().includes("ERROR ENOSPC: no space left on device"));
    expect(here.inPlace()).toBe(1);
    expect(hidden(here.etc)).toEqual([]);
    rmSync(filler);
    await until("the new one to be loaded", async () => (await here.loaded()) === "2");
    expect(statSync(here.dest).size).toBeGreaterThan(30_000);
    expect(here.load.failures).toEqual([]);
  });

  it("when the file is mounted and can only be written into, also on a full disk", async () => {
    let small = "";
    const here = await site((etc) => {
      small = join(etc, "..", "small");
      mkdirSync(small);
      mounted(small, "-t", "tmpfs", "-o", "size=64k", "tmpfs");
      writeFileSync(join(small, "real.cfg"), "");
      writeFileSync(join(etc, "haproxy.cfg"), "");
      mounted(join(etc, "haproxy.cfg"), "--bind", join(small, "real.cfg"));
    });
    const { ino } = statSync(here.dest);
    const render = await here.watch();
    here.version(2, 100);
    await until("the new one to be loaded", async () => (await here.loaded()) === "2");
    expect(here.inPlace()).toBe(2);
    expect(statSync(here.dest).ino).toBe(ino);
    here.version(3, 2000);
    await until("the failure", () => render.output().includes("ENOSPC"));
    expect(here.inPlace()).toBe(2);
    here.version(4);
    await until("a smaller one to be loaded", async () => (await here.loaded()) === "4");
    expect(here.inPlace()).toBe(4);
    await until("nothing to be owed", () => hidden(here.etc).length === 0);
    expect(here.load.failures).toEqual([]);
  });
});

describe("kill -9 at 50 random instants", () => {
  it("leaves whole files only, and the next run has HAProxy on the file that is in place", async () => {
    const here = await site();
    // Slow commands widen the instants that matter.
    here.resource(
      `check_cmd = "sleep 0.03; haproxy -c -q -f {{.src}}"\nreload_cmd = "sleep 0.05; kill -USR2 $(cat ${here.dir}/haproxy.pid)"`,
    );
    const env = { CHECKD_STATE_DIR: join(here.dir, "state") };
    const args = ["render", "-onetime", "-confdir", here.dir, ...here.flags];
    const begun = performance.now();
    here.version(2);
    expect((await run(args, { env })).code).toBe(0);
    const wholeMs = performance.now() - begun;
    const outcomes = { old: 0, replaced: 0, owed: 0 };
    for (let version = 3; version < 53; version++) {
      const before = here.inPlace();
      here.version(version, 1 + (version % 7) * 50);
      const killed = await start([process.execPath, program(), ...args], { env });
      await sleep((0.3 + 0.9 * Math.random()) * wholeMs);
      killed.signal("SIGKILL");
      await killed.exited;
      await killed.stop();
      const now = here.inPlace();
      expect([before, version]).toContain(now);
      outcomes[now === version ? "replaced" : "old"] += 1;
      if (existsSync(join(here.etc, ".haproxy.cfg.checkd-reload"))) outcomes.owed += 1;
      if (version % 5 > 0) continue;
      const next = await run(args, { env });
      expect(next.code, next.stderr).toBe(0);
      await until(`version ${version} to be loaded`, async () => (await here.loaded()) === String(version));
    }
    await run(args, { env });
    await until("the last version to be loaded", async () => (await here.loaded()) === "52");
    expect(here.inPlace()).toBe(52);
    expect(hidden(here.etc).filter((name) => name.includes("checkd"))).toEqual([]);
    expect(here.load.count()).toBeGreaterThan(100);
    expect(here.load.failures).toEqual([]);
    process.stdout.write(`50 kills: ${JSON.stringify(outcomes)}, ${here.load.count()} requests served\n`);
    expect(outcomes.old).toBeGreaterThan(0);
    expect(textOf(here.dest)).toContain("# end of version 52");
  });
});
