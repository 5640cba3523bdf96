import { execFile } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { HAPROXY_DEFAULTS, startHaproxy } from "../servers/haproxy.ts";
import { freePort, sleep, start, tempDir, until } from "../servers/process.ts";
import { startXinetd } from "../servers/xinetd.ts";
import { askAgent, program, run, startCheckd } from "./checkd.ts";
import { startWeb, type Web } from "./part1-web.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const keep = <T extends { stop(): Promise<unknown> }>(running: T): T => {
  stops.push(() => running.stop());
  return running;
};
const aWeb = async (): Promise<Web> => keep(await startWeb());

/** A file in a folder of its own. */
function fileWith(name: string, text: string): string {
  const file = join(tempDir("cli"), name);
  writeFileSync(file, text);
  return file;
}
const confOf = (config: object | string): string =>
  fileWith("checkd.yaml", typeof config === "string" ? config : JSON.stringify(config));

const COMMANDS = ["run", "validate", "probe", "import"];

describe("every program", () => {
  it("says its version", async () => {
    expect(await run(["--version"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: "",
    });
  });

  it("explains itself, with examples for each command", async () => {
    const help = await run(["--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    for (const name of COMMANDS) {
      expect(help.stdout).toMatch(new RegExp(`^  ${name} `, "m"));
      const of = await run([name, "--help"]);
      expect(of, name).toMatchObject({ code: 0, stderr: "" });
      expect(of.stdout).toMatch(new RegExp(`Examples:\n  checkd ${name} `));
    }
  });

  it.each([
    ["an unknown command", ["prob"], /^checkd: unknown command 'prob'\n.*probe/],
    ["an unknown option", ["run", "--cnf", "x"], /^checkd: unknown option '--cnf'/],
    ["a missing argument", ["probe", "tcp"], /^checkd: missing required argument 'target'/],
    ["too many arguments", ["validate", "a"], /^checkd: too many arguments/],
    ["a log level that is none", ["run", "--log-level", "loud"], /^checkd: .*Allowed choices are debug, info/],
    ["a duration that is none", ["probe", "tcp", "a:1", "--timeout", "soon"], /write 500ms, 2s, 1m or 1h/],
    ["an unknown check type", ["probe", "tpc", "a:1"], /^unknown check type "tpc" \(did you mean "tcp"\?\)\n$/],
    [
      "a checker that is not there",
      ["probe", "./my.js", "a:1"],
      /^there is no file \.\/my\.js \(a relative path begins in the working directory\)\n$/,
    ],
    ["no time", ["probe", "tcp", "a:1", "--timeout", "0"], /^--timeout: must be longer than 0/],
    ["a target that is none", ["probe", "tcp", "a"], /^"a" is no target: write host:port\n$/],
    ["an option without a value", ["probe", "tcp", "a:1", "--opt", "x"], /^--opt x: write name=value\n$/],
    [
      "an unknown option of a check",
      ["probe", "http-content", "a:1", "--opt", "contans=x"],
      /^--opt contans: unknown key "contans" \(did you mean "contains"\?\)\n$/,
    ],
    [
      "an unreadable secret",
      ["probe", "tcp", "a:1", "--opt", `send=\${file:/nowhere/x}`],
      /^--opt send: .*\/nowhere\/x/,
    ],
    ["an import of something unknown", ["import", "xinted", "x"], /xinetd/],
    ["a file that is not there", ["import", "xinetd", "/nowhere/x"], /^\/nowhere\/x: /],
    ["a configuration that is not there", ["run", "--conf", "/nowhere/x"], /^\/nowhere\/x: there is no such file/],
  ])("ends with 2 and says why on stderr for %s", async (_, args, problem) => {
    const { code, stdout, stderr } = await run(args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(problem);
  });
});

describe("checkd probe", () => {
  const sh = (script: string): readonly string[] => ["--opt", `argv=[/bin/sh, -c, ${JSON.stringify(script)}]`];

  it.each([
    ["pass", sh("exit 0"), 0, "up #exit 0\n"],
    ["fail", sh("exit 2"), 1, /^down #exit 2.*\n$/],
    ["a weight of its own", [...sh("echo 40%"), "--opt", "protocol=agent"], 0, /^up 40% #.*\n$/],
    ["warn", [...sh("echo slow; exit 1"), "--opt", "protocol=nagios"], 1, /^down #warn: .*slow.*\n$/],
    ["unknown", [...sh("echo lost; exit 3"), "--opt", "protocol=nagios"], 1, /^down #unknown: .*lost.*\n$/],
    ["a deadline", [...sh("sleep 60"), "--timeout", "200ms"], 1, /^down #.*no answer within 200ms.*\n$/],
  ])("of exec: %s", async (_, options, code, line) => {
    const ran = await run(["probe", "exec", "10.0.0.1:80", ...options]);
    expect(ran.stderr).toBe("");
    expect(ran.code).toBe(code);
    expect(ran.stdout).toMatch(typeof line === "string" ? new RegExp(`^${line}$`) : line);
  });

  it("asks by a checker of the user's own, named by its path", async () => {
    const index = pathToFileURL(join(dirname(program()), "index.js")).href;
    const file = fileWith(
      "even.mjs",
      `import { asks, defineChecker, z } from ${JSON.stringify(index)};
export const checker = defineChecker({
  name: "even", summary: "even ports are fine", options: z.strictObject({ odd: z.boolean().optional() }), facts: {},
  create: ({ odd = false }) => asks(async ({ port }) => {
    const fits = (port % 2 === 1) === odd;
    return { outcome: fits ? "pass" : "fail", reason: fits ? "fits" : "does not fit", facts: {}, weight: null, claim: null };
  }),
});
`,
    );
    expect(await run(["probe", file, "h:2"])).toEqual({ code: 0, stdout: "up #fits\n", stderr: "" });
    expect(await run(["probe", file, "h:2", "--opt", "odd=true"])).toMatchObject({
      code: 1,
      stdout: "down #does not fit\n",
    });
    const cwd = dirname(file);
    expect(await run(["probe", "./even.mjs", "h:3"], { cwd })).toMatchObject({
      code: 1,
      stdout: "down #does not fit\n",
    });
    expect(await run(["probe", file, "h:2", "--opt", "add=1"])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"add"'),
    });
  });

  it("asks a web server, in words and as JSON", async () => {
    const web = await aWeb();
    const args = ["probe", "http-content", `127.0.0.1:${web.port}`, "--opt", "contains=test me"];
    expect(await run(args)).toEqual({ code: 0, stdout: 'up #200 with "test me"\n', stderr: "" });
    const json = await run([...args, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      type: "http-content",
      target: `127.0.0.1:${web.port}`,
      outcome: "pass",
      facts: { status: 200 },
    });
    web.mood = "broken";
    expect(await run(args)).toMatchObject({ code: 1, stdout: expect.stringMatching(/^down #.*"test me".*\n$/) });
    web.mood = "hung";
    const from = performance.now();
    const env = { CHECKD_TIMEOUT: "300ms" };
    expect(await run(args, { env })).toMatchObject({ code: 1, stdout: expect.stringMatching(/^down #.*within 300ms/) });
    expect(performance.now() - from).toBeLessThan(5000);
  });

  it.each(["http-content", "tcp", "redis-master", "redis-replica", "memcached", "mysql-primary", "mysql-replica"])(
    "of %s says that nobody listens",
    async (type) => {
      const user = type.startsWith("mysql") ? ["--opt", "user=monitor"] : [];
      const ran = await run(["probe", type, `127.0.0.1:${await freePort()}`, ...user]);
      expect(ran).toMatchObject({ code: 1, stderr: "", stdout: expect.stringMatching(/^down #.*refused\n$/) });
    },
  );

  it("takes options of sections, lists, numbers and secrets", async () => {
    const web = await aWeb();
    const secret = fileWith("secret", "test me\n");
    chmodSync(secret, 0o600);
    const options = ["headers.X-Test=yes", "status=[200, 300-399]", "max_body=1kb", `contains=\${file:${secret}}`];
    const args = ["probe", "http-content", `127.0.0.1:${web.port}`, ...options.flatMap((each) => ["--opt", each])];
    expect(await run(args)).toMatchObject({ code: 0, stderr: "" });
  });

  it.each([
    ["without the code that the build keeps", null],
    ["with code of another V8", Buffer.alloc(4096, 1)],
  ])("works %s", async (_, code) => {
    const web = await aWeb();
    const home = tempDir("dist");
    cpSync(dirname(program()), join(home, "dist"), { recursive: true });
    writeFileSync(join(home, "package.json"), '{ "type": "module" }');
    for (const name of ["checkd", "probe"]) {
      const kept = join(home, `dist/${name}.cjs.v8`);
      expect(readFileSync(kept).length).toBeGreaterThan(50_000);
      if (code === null) rmSync(kept);
      else writeFileSync(kept, code);
    }
    const args = [join(home, "dist/checkd.js"), "probe", "http-content", `127.0.0.1:${web.port}`];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toMatch(/^up #200/);
    rmSync(home, { recursive: true });
  });

  it("serves behind xinetd as the agent", async () => {
    const web = await aWeb();
    const port = await freePort();
    const service = `service probe
{
  socket_type = stream
  protocol = tcp
  wait = no
  bind = 127.0.0.1
  port = ${port}
  user = ${process.getuid?.() === 0 ? "root" : process.env.USER}
  server = ${process.execPath}
  server_args = ${program()} probe http-content 127.0.0.1:${web.port} --opt contains=this
}
`;
    keep(await startXinetd(service));
    expect(await askAgent(port)).toBe('up #200 with "this"\n');
    web.mood = "broken";
    expect(await askAgent(port)).toMatch(/^down #.*"this".*\n$/);
  });

  it("serves as HAProxy's external-check", async () => {
    const web = await aWeb();
    const script = fileWith(
      "check.sh",
      `#!/bin/sh\nexec "${process.execPath}" "${program()}" probe http-content "$3:$4" --opt contains=this >/dev/null\n`,
    );
    chmodSync(script, 0o755);
    const config = `global
  external-check
  insecure-fork-wanted
${HAPROXY_DEFAULTS}  timeout check 5s
backend b
  option external-check
  external-check path "/usr/bin:/bin"
  external-check command ${script}
  server a 127.0.0.1:${web.port} check inter 500ms rise 1 fall 1
`;
    const haproxy = keep(await startHaproxy({ config }));
    await until("a pass", async () => (await haproxy.server("b/a")).check_status === "PROCOK", 30_000);
    web.mood = "broken";
    await until("the down", async () => (await haproxy.server("b/a")).status === "DOWN", 30_000);
    web.mood = "ok";
    await until("the up", async () => (await haproxy.server("b/a")).status === "UP", 30_000);
  });
});

describe("checkd validate", () => {
  it("says that a file is fine on stdout, and finds it by CHECKD_CONF as well", async () => {
    const conf = confOf({ pools: { p: { check: { type: "tcp" }, targets: { a: "127.0.0.1:1", b: "127.0.0.1:2" } } } });
    const fine = { code: 0, stdout: `${conf}: fine (1 pools, 2 listed targets)\n`, stderr: "" };
    expect(await run(["validate", "--conf", conf])).toEqual(fine);
    expect(await run(["validate"], { env: { CHECKD_CONF: conf } })).toEqual(fine);
  });

  it("prints every problem with its line and column on stderr", async () => {
    const conf = confOf(
      "pools:\n  p:\n    check: { type: tpc }\n    evry: 2s\n    targets: { a: nowhere }\n  q:\n    check: { type: tcp }\n",
    );
    const { code, stdout, stderr } = await run(["validate", "--conf", conf]);
    expect([code, stdout]).toEqual([2, ""]);
    const lines = stderr.trim().split("\n");
    expect(lines.every((line) => line.startsWith(`${conf}:`))).toBe(true);
    for (const problem of [
      /:3:\d+: pools\.p\.check\.type: .*did you mean "tcp"/,
      /:4:\d+: pools\.p\.evry: .*did you mean "every"/,
      /:5:\d+: pools\.p\.targets\.a: /,
      /:6:\d+: pools\.q: /,
    ])
      expect(stderr).toMatch(problem);
    expect(lines).toHaveLength(4);
  });

  it("reads the templates that it names, and says where a folder is missing", async () => {
    const conf = confOf("registries: { m: { driver: memory } }\nrender: { confdir: confd, registry: m }\n");
    const folder = join(dirname(conf), "confd");
    const missing = await run(["validate", "--conf", conf]);
    expect([missing.code, missing.stderr]).toEqual([
      0,
      `${conf}:2:11: render.confdir: there is no folder ${folder} yet\n`,
    ]);
    for (const each of ["conf.d", "templates"]) mkdirSync(join(folder, each), { recursive: true });
    writeFileSync(join(folder, "conf.d", "a.toml"), '[template]\nsrc = "a.tmpl"\ndest = "/tmp/x"\nkeys = ["/a"]\n');
    writeFileSync(join(folder, "templates", "a.tmpl"), '{{getw "/a"}}\n');
    const { code, stdout, stderr } = await run(["validate", "--conf", conf]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/:2:11: render\.confdir: .*a\.tmpl:1: function "getw" not defined\n$/);
    for (const name of ["b", "c"]) writeFileSync(join(folder, "conf.d", `${name}.toml`), "[template\n");
    const broken = await run(["validate", "--conf", conf]);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(
      /^.*:2:11: render\.confdir: .*b\.toml - .*\n.*:2:11: render\.confdir: .*c\.toml - .*\n$/,
    );
  });

  it("warns of a secret that all may read, without showing it", async () => {
    const secret = fileWith("secret", "correct horse battery staple\n");
    chmodSync(secret, 0o644);
    const check = { type: "redis-master", password: `\${file:${secret}}` };
    const conf = confOf({ pools: { p: { check, targets: { a: "127.0.0.1:1" } } } });
    const { code, stderr } = await run(["validate", "--conf", conf]);
    expect(code).toBe(0);
    expect(stderr).toContain(secret);
    expect(stderr).not.toContain("horse");
  });
});

describe("checkd run", () => {
  const poolOf = (web: Web, port: number) => ({
    p: {
      check: { type: "http-content", contains: "test me" },
      targets: { a: { address: `127.0.0.1:${web.port}`, agent_port: port } },
    },
  });

  it.each([
    ["an option", ["--log-format", "json"], {}],
    ["the environment", [], { CHECKD_LOG_FORMAT: "json" }],
  ])("logs lines of JSON by %s, one for each verdict that changes", async (_, more, env) => {
    const [web, port] = [await aWeb(), await freePort()];
    const conf = confOf({ pools: poolOf(web, port) });
    const all = await logged(["run", "--conf", conf, ...more], env, async () => {
      await until("the up", async () => (await askAgent(port).catch(() => "")).startsWith("up"));
      web.mood = "broken";
      await until("the down", async () => (await askAgent(port)).startsWith("down"));
    });
    expect(all.stdout).toBe("");
    const lines = all.stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(
      lines.every(({ level, time, msg }) => Number(level) > 0 && Number(time) > 0 && typeof msg === "string"),
    ).toBe(true);
    const verdicts = lines.filter(({ pool, target }) => pool === "p" && target === "a");
    expect(verdicts.map(({ state }) => state)).toEqual(["up", "down"]);
    expect(verdicts[1].msg).toMatch(/^p\/a: up -> down: .*"test me"/);
  });

  it("logs lines for people, none below the level that was asked for, nothing on stdout", async () => {
    const [web, port] = [await aWeb(), await freePort()];
    const conf = confOf({ pools: poolOf(web, port) });
    const env = { CHECKD_CONF: conf, CHECKD_LOG_LEVEL: "warn" };
    const all = await logged(["run"], env, async () => {
      await until("the up", async () => (await askAgent(port).catch(() => "")).startsWith("up"));
      web.mood = "broken";
      await until("the down", async () => (await askAgent(port)).startsWith("down"));
    });
    expect(all.stdout).toBe("");
    const lines = all.stderr.trim().split("\n");
    expect(lines.every((line) => /^\d{4}-\d\d-\d\dT[\d:.]+Z WARN \S/.test(line))).toBe(true);
    expect(lines.filter((line) => line.includes("state="))).toEqual([
      expect.stringMatching(/ p\/a: up -> down: .*"test me".* pool=p target=a state=down /),
    ]);
  });

  it("dry listens to nobody, changes nothing, and says at its end what HAProxy would hear", async () => {
    const [web, port, state] = [await aWeb(), await freePort(), join(tempDir("cli"), "state")];
    mkdirSync(state);
    const conf = confOf({ state_dir: state, pools: poolOf(web, port) });
    const all = await logged(["run", "--dry-run", "--conf", conf], {}, async () => {
      await until("a probe", () => web.requests() > 0);
      await expect(askAgent(port)).rejects.toThrow("ECONNREFUSED");
      await sleep(300);
    });
    expect(all.code).toBe(0);
    expect(all.stdout).toContain("dry run: nothing would have been changed");
    expect(all.stdout).toMatch(/p\/a.*up #200 with "test me"/);
  });

  it("says when everything runs, with version, file and number of pools", async () => {
    const [web, port] = [await aWeb(), await freePort()];
    const checkd = keep(await startCheckd({ pools: poolOf(web, port) }));
    expect(checkd.output()).toMatch(/INFO checkd \d+\.\d+\.\d+ runs conf=.*checkd\.yaml pools=1\n/);
  });
});

/** Runs a program until `use` is over, ends it with SIGTERM, and gives what it wrote where. */
async function logged(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  use: () => Promise<void>,
): Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> {
  const dir = tempDir("cli");
  const [out, err] = [join(dir, "out"), join(dir, "err")];
  const command = `exec "$@" >'${out}' 2>'${err}'`;
  const running = await start(["/bin/sh", "-c", command, "sh", process.execPath, program(), ...args], { env });
  stops.push(() => running.stop());
  await use();
  running.signal("SIGTERM");
  const code = await running.exited;
  return { code, stdout: readFileSync(out, "utf8"), stderr: readFileSync(err, "utf8") };
}
