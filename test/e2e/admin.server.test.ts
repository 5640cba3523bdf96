import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { ROOT } from "../../scripts/steps.mjs";
import { EventClient } from "../admin/event-client.ts";
import { ask } from "../admin/running-admin.ts";
import { startConsul } from "../servers/consul.ts";
import { freePort, tempDir, until } from "../servers/process.ts";
import { askAgent, type Checkd, type Ran, run, startCheckd } from "./checkd.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const keep = <T extends { stop(): Promise<unknown> }>(running: T): T => {
  stops.push(() => running.stop());
  return running;
};

/** Something that accepts connections. */
async function backend(): Promise<number> {
  const port = await freePort();
  const server = await new Promise<Server>((done) => {
    const made = createServer((socket) => socket.on("error", () => {}).end()).listen(port, "127.0.0.1", () =>
      done(made),
    );
  });
  stops.push(() => new Promise<void>((done) => server.close(() => done())));
  return port;
}

interface Place {
  readonly dir: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly admin: number;
  readonly agent: number;
  /** Environment of the commands: where the daemon is, and the token. */
  readonly env: NodeJS.ProcessEnv;
}

/** A pool of three servers, with a folder that outlives the daemon. */
async function place(more: Readonly<Record<string, unknown>> = {}): Promise<Place> {
  const dir = tempDir("admin");
  stops.push(async () => rmSync(dir, { recursive: true, force: true }));
  const [admin, agent] = [await freePort(), await freePort()];
  const ports = [await backend(), await backend(), await backend()];
  writeFileSync(join(dir, "token"), "t0ken\n", { mode: 0o600 });
  const config = {
    admin: { listen: `127.0.0.1:${admin}`, token: `\${file:${join(dir, "token")}}` },
    agent: { listen: `127.0.0.1:${agent}` },
    state_dir: join(dir, "state"),
    pools: {
      web: {
        check: { type: "tcp", every: "500ms", fast: "100ms" },
        targets: Object.fromEntries(ports.map((port, index) => [`app${index + 1}`, `127.0.0.1:${port}`])),
      },
    },
    ...more,
  };
  const env = { CHECKD_ADMIN: `http://127.0.0.1:${admin}`, CHECKD_TOKEN: "t0ken", NO_COLOR: "1" };
  return { dir, config, admin, agent, env };
}

const told = ({ agent }: Place, target = "app1"): Promise<string> => askAgent(agent, `web/${target}\n`);
const ready = (at: Place): Promise<unknown> =>
  until("everything to be ready", async () => (await ask(at.admin, "/readyz")).status === 200);
const command = (at: Place, ...args: readonly string[]): Promise<Ran> => run(args, { env: at.env });

/** The daemon, once it is ready. */
async function daemon(at: Place, env: NodeJS.ProcessEnv = {}): Promise<Checkd> {
  const running = keep(await startCheckd(at.config, [], env));
  await ready(at);
  return running;
}

describe("an order", () => {
  it("survives a kill -9 right after it was given, is visible in the agent's text, and expires on time", async () => {
    const at = await place();
    const first = await daemon(at);
    const given = await command(at, "drain", "web/app1", "--reason", "disk swap", "--for", "8s", "--owner", "ann");
    const until8 = Date.now() + 8000;
    expect([given.code, given.stdout]).toEqual([
      0,
      expect.stringMatching(/^web\/app1: drain by ann until .*; 2 of 3 members remain\n$/),
    ]);
    first.signal("SIGKILL");
    await first.exited;
    await daemon(at);
    expect(await told(at)).toBe("up 0% #drain by ann: disk swap\n");
    await until("the end of the order", async () => /^up .*#connected\n$/.test(await told(at)), 30_000);
    expect(Date.now()).toBeGreaterThan(until8 - 600);
    await until("its end to be kept", async () => {
      const { json } = await ask(at.admin, "/api/pools/web/app1");
      return JSON.stringify(json).includes("drain of ann ended: its time was up");
    });
  });

  it("ends while nobody runs, and means the same hour after the clock was set", async () => {
    const at = await place();
    const offset = join(at.dir, "offset");
    const shim = join(at.dir, "shim.mjs");
    writeFileSync(offset, "0");
    writeFileSync(
      shim,
      `import { readFileSync } from "node:fs";\nconst real = Date.now;\nDate.now = () => real() + Number(readFileSync(${JSON.stringify(offset)}, "utf8") || 0);\n`,
    );
    const env = { NODE_OPTIONS: `--import ${shim}` };
    const first = await daemon(at, env);
    await command(at, "maint", "web/app1", "--reason", "short", "--for", "1s");
    await first.stop();
    const second = await daemon(at, env);
    await until("the order to be over", async () => (await told(at)).startsWith("up #"));
    await command(at, "maint", "web/app1", "--reason", "long", "--for", "1h");
    expect(await told(at)).toMatch(/^down #maint by .*: long\n$/);
    writeFileSync(offset, String(-30 * 60_000));
    await until("the jump to be seen", async () => {
      const { json } = await ask(at.admin, "/api/pools/web/app1");
      return JSON.stringify(json).includes("29m ") && JSON.stringify(json).includes("1h ");
    });
    expect(await told(at)).toMatch(/^down #maint/);
    writeFileSync(offset, String(61 * 60_000));
    await until("the end of the order", async () => (await told(at)).startsWith("up #"));
    await until("its end to be kept", () => second.output().includes("ended: its time was up"));
  });

  it("is shared with another daemon through Consul, and stands when that goes away, emptied or not", async () => {
    const consul = keep(await startConsul());
    const shared = {
      registries: { main: { driver: "consul", address: `http://127.0.0.1:${consul.port}` } },
      overrides: { registry: "main" },
    };
    const [here, there] = [await place(shared), await place(shared)];
    await daemon(here);
    const second = await daemon(there);
    await command(here, "maint", "web/app2", "--reason", "kernel", "--owner", "ann");
    await until("the other daemon to obey", async () => (await told(there, "app2")) === "down #maint by ann: kernel\n");
    await until("it to be said", () => second.output().includes("maint ordered by ann: kernel, at another daemon"));
    await consul.api("DELETE", "/kv/checkd/overrides?recurse");
    await until("it to be written again", () => consul.get("checkd/overrides/web/app2"));
    expect(await told(there, "app2")).toBe("down #maint by ann: kernel\n");
    await consul.stop();
    await command(there, "drain", "web/app1", "--reason", "alone", "--owner", "bob");
    expect([await told(here, "app2"), await told(there, "app1")]).toEqual([
      "down #maint by ann: kernel\n",
      "up 0% #drain by bob: alone\n",
    ]);
    keep(await startConsul({ port: consul.port }));
    await until("both to know both", async () => (await told(here, "app1")) === "up 0% #drain by bob: alone\n", 40_000);
    await command(here, "ready", "web/app1", "--reason", "done");
    await until("its end to be shared", async () => /^up .*#connected/.test(await told(there, "app1")));
  });
});

describe("the commands", () => {
  it("tell, explain, order, and end with the codes of the page", async () => {
    const at = await place();
    const running = await daemon(at);
    const status = await command(at, "status");
    expect([status.code, status.stderr]).toEqual([0, ""]);
    expect(status.stdout).toMatch(
      /^TARGET +ADDRESS +STATE +WEIGHT +FOR +REASON\nweb {2}up {2}3 of 3 serve, at_least 1\n/,
    );
    expect(status.stdout.split("\n").filter((line) => / up +100% /.test(line))).toHaveLength(3);
    const json = JSON.parse((await command(at, "status", "web", "--json")).stdout) as {
      pools: { targets: unknown[] }[];
    };
    expect(json.pools[0]?.targets).toHaveLength(3);
    expect(JSON.parse((await command(at, "status", "web/app2", "--json")).stdout)).toMatchObject({
      agent: { line: "up #connected" },
    });
    const explained = await command(at, "explain", "web/app1");
    expect(
      explained.stdout
        .split("\n")
        .slice(1, 7)
        .map((line) => line.trim().split(" ")[0]),
    ).toEqual([...["verdict", "seen", "order", "pool", "told", "change"]]);
    for (const target of ["web/app1", "web/app2"]) await command(at, "maint", target, "--reason", "x");
    const refused = await command(at, "maint", "web/app3", "--reason", "x");
    expect([refused.code, refused.stdout, refused.stderr]).toEqual([
      1,
      "",
      "0 of 3 members remain, fewer than at_least 1; add --force to order it all the same\n",
    ]);
    expect((await command(at, "maint", "web/app3", "--reason", "x", "--force")).code).toBe(0);
    expect((await command(at, "status")).stdout).toMatch(/^web {2}down {2}0 of 3 serve, at_least 1, 3 under order\n/m);
    expect((await command(at, "ready", "web/app3", "--reason", "done")).stdout).toBe(
      "web/app3: no order stands; 1 of 3 members serves\n",
    );
    await running.stop();
    const away = await command(at, "status");
    expect([away.code, away.stderr]).toEqual([3, expect.stringMatching(/ECONNREFUSED.*is it running\? .*--admin URL/)]);
  });

  it("explain a server that died as HAProxy hears it, and how it would come back", async () => {
    const at = await place();
    const dead = await freePort();
    const pools = { web: { check: { type: "tcp", every: "500ms", rise: 4 }, targets: { app1: `127.0.0.1:${dead}` } } };
    await daemon({ ...at, config: { ...at.config, pools } });
    const { stdout } = await command(at, "explain", "web/app1");
    const agent = (await told(at)).trimEnd();
    expect(agent).toBe(`down #127.0.0.1:${dead}: connection refused`);
    expect(stdout).toContain(`agent "${agent}"`);
    expect(stdout).toMatch(/^ {2}verdict +down, takes no traffic, for .*connection refused$/m);
    expect(stdout).toMatch(/^ {2}pool +0 of 1 member serves, at_least 1; 2 alarms: /m);
    expect(stdout).toMatch(/^ {2}change +4 passes in a row would bring it back: up 100%$/m);
  });

  it.each<readonly [string, readonly string[], RegExp]>([
    ["an unknown pool", ["status", "wbe"], /there is no pool wbe \(did you mean "web"\?\)/],
    ["an unknown target", ["explain", "web/app9"], /pool web has no target app9/],
    ["no target", ["explain", "web"], /"web" is no target: write POOL\/TARGET/],
    ["no reason", ["drain", "web/app1"], /required option '--reason/],
    ["no duration", ["drain", "web/app1", "--reason", "x", "--for", "soon"], /write 500ms, 2s, 1m or 1h/],
    ["too short a duration", ["drain", "web/app1", "--reason", "x", "--for", "1ms"], /write 30m, 2h or 1d/],
    ["a token file that is not there", ["status", "--token-file", "/nowhere/token"], /--token-file: .*no such file/],
    ["no URL", ["status", "--admin", "localhost"], /is no URL: write http:/],
  ])("say the next step after a wrong question: %s", async (_, args, says) => {
    const at = await place();
    await daemon(at);
    const { code, stdout, stderr } = await command(at, ...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(says);
  });

  it("find daemon and token in the configuration, even where only that part of it can be read", async () => {
    const at = await place();
    const running = await daemon(at);
    const file = join(at.dir, "other.yaml");
    const { admin } = at.config;
    writeFileSync(file, JSON.stringify({ admin, pools: { web: { check: { type: "tcp", x: "${file:/nowhere}" } } } }));
    const env = { CHECKD_ADMIN: "", CHECKD_TOKEN: "", CHECKD_CONF: "" };
    expect((await run(["status", "--conf", running.conf], { env })).code).toBe(0);
    expect((await run(["drain", "web/app1", "--reason", "x", "--conf", file], { env })).code).toBe(0);
    writeFileSync(file, JSON.stringify({ pools: {} }));
    const none = await run(["status", "--conf", file], { env });
    expect([none.code, none.stderr]).toEqual([
      2,
      expect.stringMatching(/has no admin section: add one, or name the daemon/),
    ]);
    // Without a file the package's own example is looked into, which is there.
    expect((await run(["status"], { env })).stderr).not.toContain("ENOENT");
    const wrong = await run(["ready", "web/app1", "--conf", running.conf], { env: { ...env, CHECKD_TOKEN: "wrong" } });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/give the token with --token-file/)]);
  });

  it("complete commands, options and names in bash", async () => {
    const at = await place();
    await daemon(at);
    const script = await command(at, "completion", "bash");
    const bin = join(at.dir, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "checkd"), `#!/bin/sh\nexec ${process.execPath} ${join(ROOT, "dist/checkd.js")} "$@"\n`, {
      mode: 0o755,
    });
    writeFileSync(join(at.dir, "completion.bash"), script.stdout);
    const complete = (...words: readonly string[]): string[] => {
      const line = `source ${join(at.dir, "completion.bash")}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}; _checkd; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const env = { ...process.env, ...at.env, PATH: `${bin}:${process.env.PATH}` };
      return execFileSync("bash", ["-c", line], { encoding: "utf8", env })
        .split("\n")
        .filter((each) => each !== "");
    };
    expect(complete("checkd", "st")).toEqual(expect.arrayContaining(["status"]));
    expect(complete("checkd", "drain", "web/app")).toEqual(["web/app1", "web/app2", "web/app3"]);
    expect(complete("checkd", "drain", "--f")).toEqual(["--for", "--force"]);
    expect(complete("checkd", "run", "--log-level", "w")).toEqual(["warn"]);
    for (const shell of ["zsh", "fish"]) {
      const { code, stdout } = await command(at, "completion", shell);
      expect([code, stdout.includes("explain"), stdout.includes("completion names")]).toEqual([0, true, true]);
    }
    expect((await command(at, "completion", "tcsh")).code).toBe(2);
  });
});

describe("what Prometheus is given", () => {
  it("passes promtool: the metrics of a running daemon, and the alert rules", async () => {
    const at = await place();
    await daemon(at);
    await told(at);
    const { text } = await ask(at.admin, "/metrics");
    // Names of Node's own metrics are not ours to mend.
    const ours = text
      .split("\n")
      .filter((line) => !/(^|\s)(nodejs|process)_/.test(line))
      .join("\n");
    expect(execFileSync("promtool", ["check", "metrics"], { input: ours, encoding: "utf8" })).toBe("");
    expect(ours).toContain('checkd_agent_polls_total{pool="web",answer="up"} 1');
    const rules = execFileSync("promtool", ["check", "rules", join(ROOT, "conf/checkd.rules.yml")], {
      encoding: "utf8",
    });
    expect(rules).toContain("SUCCESS");
  });

  it("wakes people up when it should: the rules on made-up series", async () => {
    const dir = tempDir("promtool");
    stops.push(async () => rmSync(dir, { recursive: true, force: true }));
    writeFileSync(join(dir, "rules.yml"), readFileSync(join(ROOT, "conf/checkd.rules.yml")));
    const series = (name: string, values: string) => ({ series: name, values });
    const input = [
      series('checkd_pool_serving_members{pool="web"}', "2 0x10"),
      series('checkd_pool_serving_backups{pool="web"}', "0x11"),
      series('checkd_pool_needed_members{pool="web"}', "1x11"),
      series('checkd_pool_settled{pool="web"}', "1x11"),
      series('checkd_registry_up{registry="main"}', "1 0x10"),
      series('checkd_outlet_unsynced_seconds{pool="web",outlet="runtime"}', "0+30x10"),
    ];
    const test = {
      rule_files: ["rules.yml"],
      evaluation_interval: "30s",
      tests: [
        {
          interval: "30s",
          input_series: input,
          alert_rule_test: [
            { eval_time: "0m", alertname: "CheckdNobodyServes", exp_alerts: [] },
            {
              ...{ eval_time: "2m", alertname: "CheckdNobodyServes" },
              exp_alerts: [{ exp_labels: { pool: "web", severity: "page" }, exp_annotations: annotations("web") }],
            },
          ],
        },
      ],
    };
    writeFileSync(join(dir, "test.yml"), JSON.stringify(test));
    const out = execFileSync("promtool", ["test", "rules", "test.yml"], { cwd: dir, encoding: "utf8" });
    expect(out).toContain("SUCCESS");
  });
});

const annotations = (pool: string) => ({
  summary: `pool ${pool}: no target serves`,
  description: `\`checkd status ${pool}\` says why each of them is out.`,
});

describe("the events", () => {
  it("go on over a restart of the daemon: a client that resumes hears what has happened since", async () => {
    const at = await place();
    const first = await daemon(at);
    const client = new EventClient(at.admin, "/api/events?pool=web");
    await client.hear("hello");
    await command(at, "drain", "web/app1", "--reason", "x");
    await client.hear("verdict");
    const last = client.events.findLast(({ id }) => id !== null)?.id ?? 0;
    await first.stop();
    await until("the stream to end", () => client.closed);
    await daemon(at);
    const again = new EventClient(at.admin, "/api/events?pool=web", { "last-event-id": String(last) });
    stops.push(async () => again.end());
    const verdict = await again.hear("verdict", ({ data }) => data.target === "app1");
    expect(verdict.data).toMatchObject({ state: "up", order: "drain" });
    expect(verdict.id).toBeGreaterThan(last);
  });
});

describe("a dry run", () => {
  it("listens on no agent port, changes nothing, and ends with what it would have changed", async () => {
    const consul = keep(await startConsul());
    const pools = {
      web: {
        check: { type: "tcp", every: "500ms" },
        targets: { app1: `127.0.0.1:${await backend()}`, app2: `127.0.0.1:${await freePort()}` },
        publish: { registry: "main", layout: "members", key: "services/web/{name}" },
      },
    };
    const registries = { main: { driver: "consul", address: `http://127.0.0.1:${consul.port}` } };
    const at = await place({ pools, registries });
    const beside = keep(await startCheckd(at.config));
    await until("the real one to publish", () => consul.get("services/web/app1"));
    await beside.stop();
    await consul.api("DELETE", "/kv/services?recurse");
    const taken = createServer().listen(at.admin, "127.0.0.1");
    stops.push(() => new Promise<void>((done) => taken.close(() => done())));
    const dry = keep(await startCheckd(at.config, ["--dry-run"]));
    await until("it to decide", () => dry.output().includes("dry run: would write services/web/app1"));
    expect(dry.output()).toContain("dry run: goes on without admin.listen");
    await expect(askAgent(at.agent, "web/app1\n")).rejects.toThrow("ECONNREFUSED");
    dry.signal("SIGTERM");
    expect(await dry.exited).toBe(0);
    const summary = dry.output().slice(dry.output().indexOf("dry run: checkd would\n"));
    expect(summary).toMatch(/^ {2}write services\/web\/app1 to main: 127\.0\.0\.1:\d+$/m);
    expect(summary).toMatch(/^ {2}web\/app1 {2}up #connected$/m);
    expect(summary).toMatch(/^ {2}web\/app2 {2}down #.*refused$/m);
    expect(await consul.get("services/web/app1")).toBeNull();
  });
});
