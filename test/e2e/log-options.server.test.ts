import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { freePort } from "../servers/process.ts";
import { program, run } from "./checkd.ts";

const dir = mkdtempSync(join(tmpdir(), "checkd-log-options-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const fileWith = (name: string, text: string): string => {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
};

describe("log options", () => {
  it.each([
    "run validate probe status explain drain maint ready release lint start stop restart import replay completion".split(
      " ",
    ),
  ])("are taken by every command", async (...commands) => {
    for (const command of commands) {
      const { code, stdout, stderr } = await run([command, "--help"]);
      expect([code, stderr], command).toEqual([0, ""]);
      expect(stdout, command).toMatch(/--log-level <level>[\s\S]*--log-format <format>[\s\S]*Examples:/);
    }
  });

  it("make objects of the problems of a file", async () => {
    const conf = fileWith("wrong.yaml", "pools:\n  a: { timout: 1s }\n");
    const { code, stderr } = await run(["validate", "--conf", conf, "--log-format", "json"]);
    expect(code).toBe(2);
    const said = stderr
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const place = `${conf}:2:8: pools.a.timout: `;
    expect(said).toContainEqual({ level: 50, time: expect.any(Number), msg: expect.stringContaining(place) });
  });

  it("are variables as well, like the other options", async () => {
    const token = fileWith("token", "t\n");
    const env = { CHECKD_TOKEN_FILE: token, CHECKD_ADMIN: "http://127.0.0.1:1", CHECKD_LOG_FORMAT: "json" };
    const { code, stderr } = await run(["drain", "p/a", "--for", "1m"], { env: { ...env, CHECKD_REASON: "disk" } });
    expect(code).toBe(3);
    expect(JSON.parse(stderr)).toMatchObject({ msg: expect.stringContaining("http://127.0.0.1:1 does not answer") });
    const cfg = fileWith("haproxy.cfg", "backend p\n  server a 127.0.0.1:80 check\n");
    expect(await run(["lint"], { env: { CHECKD_HAPROXY: cfg } })).toMatchObject({ code: expect.toBeOneOf([0, 1]) });
  });

  it.each([
    [60, 3, /^checkd: EMFILE: .*; raise `ulimit -n`\n$/],
    [200, -1, /WARN only 200 files may be open at a time and \d+ may be needed: .*`ulimit -n`/],
  ])("say what to do where only %d files may be open", async (most, code, says) => {
    const conf = fileWith("few.yaml", 'pools: { p: { check: { type: tcp }, targets: { a: "127.0.0.1:1" } } }');
    const script = `ulimit -n ${most}; exec "$1" "$2" run --conf "$3"`;
    const ran = promisify(execFile)("sh", ["-c", script, "sh", process.execPath, program(), conf], { timeout: 5000 });
    const { stderr, code: ended } = await ran.then(
      (out) => ({ ...out, code: 0 }),
      (error: { readonly stderr: string; readonly code: unknown }) => error,
    );
    expect(stderr).toMatch(says);
    if (code !== -1) expect(ended).toBe(code);
  });

  it("let go of a reader that has read enough", async () => {
    const lines = Array.from({ length: 3000 }, (_, i) => `  server s${i} 127.0.0.1:80 check agent-check agent-port 1`);
    const cfg = fileWith("long.cfg", `backend p\n${lines.join("\n")}\n`);
    const conf = fileWith("p.yaml", 'pools: { p: { check: { type: tcp }, targets: { s1: "127.0.0.1:80" } } }');
    const lint = `"$1" "$2" lint --haproxy "$3" --conf "$4"`;
    const { stdout, stderr } = await promisify(execFile)("sh", [
      ...["-c", `${lint} | head -1`, "sh", process.execPath, program(), cfg, conf],
    ]);
    expect(stdout).toMatch(/^.*long\.cfg:2: .*\n$/);
    expect(stderr).toBe("");
  });

  it("end with 1 when the answer cannot be written", async () => {
    const conf = fileWith("full.yaml", 'pools: { p: { check: { type: tcp }, targets: { a: "127.0.0.1:1" } } }');
    const script = '"$1" "$2" validate --conf "$3" > /dev/full; echo "ended with $?" >&2';
    const { stderr } = await promisify(execFile)("sh", ["-c", script, "sh", process.execPath, program(), conf]);
    expect(stderr).toMatch(/^checkd: the answer cannot be written: ENOSPC.*\nended with 1\n$/);
  });

  it("may stand before the command as well", async () => {
    const conf = fileWith("worse.yaml", "pools:\n  a: { timout: 1s }\n");
    const json = await run(["--log-format", "json", "--log-level=error", "validate", "--conf", conf]);
    expect(json.code).toBe(2);
    for (const line of json.stderr.trim().split("\n")) expect(JSON.parse(line)).toMatchObject({ level: 50 });
    const silent = await run(["--log-level", "silent", "validate", "--conf", conf]);
    expect(silent).toMatchObject({ code: 2, stderr: "" });
    const nearer = await run(["--log-level", "silent", "validate", "--conf", conf, "--log-level", "info"]);
    expect(nearer.stderr).toContain("timout");
    expect(await run(["--log-level", "debug", "render", "-version"])).toMatchObject({ code: 0, stderr: "" });
    expect(await run(["--log-level=loud", "status"])).toMatchObject({ code: 2, stdout: "" });
  });

  it("count as not said where their variable is empty", async () => {
    const env = { CHECKD_LOG_LEVEL: "", CHECKD_LOG_FORMAT: "", CHECKD_TIMEOUT: "", CHECKD_OPT: "" };
    expect(await run(["probe", "tcp", "127.0.0.1:1"], { env })).toMatchObject({ code: 1, stderr: "" });
    const { code, stderr } = await run(["--server", "h", "--tag", "a"], {
      name: "checkmemcached",
      env: { CHECKD_EVERY: "" },
    });
    expect([code, stderr]).toEqual([2, expect.stringContaining('"h" is no address')]);
  });

  it.each(["0", "false", ""])("leave a switch off whose variable is %j", async (no) => {
    const said = await run(["probe", "tcp", "127.0.0.1:1", "--timeout", "500ms"], { env: { CHECKD_JSON: no } });
    expect(said.stdout).toMatch(/^down #/);
    const yes = await run(["probe", "tcp", "127.0.0.1:1", "--timeout", "500ms"], { env: { CHECKD_JSON: "1" } });
    expect(JSON.parse(yes.stdout)).toMatchObject({ outcome: "fail" });
  });

  it.each(["pid", "log"])("start nothing where the %s file cannot be written", async (which) => {
    const conf = fileWith("fine.yaml", `admin: { listen: "127.0.0.1:${await freePort()}" }\npools: {}\n`);
    const files = { pid: join(dir, "none.pid"), log: join(dir, "none.log"), [which]: "/nowhere/file" };
    const began = performance.now();
    const { code, stderr } = await run(["start", "--conf", conf, "--pid-file", files.pid, "--log-file", files.log]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(new RegExp(`^the ${which} file /nowhere/file cannot be opened: .*--${which}-file\n$`)),
    ]);
    expect(performance.now() - began).toBeLessThan(9000);
  });

  it("go from start to the daemon, which is waited for whatever its log shows", async () => {
    const admin = `127.0.0.1:${await freePort()}`;
    const conf = fileWith("fine.yaml", `admin: { listen: "${admin}" }\npools: {}\n`);
    const files = ["--pid-file", join(dir, "pid"), "--log-file", join(dir, "log")];
    const began = performance.now();
    const started = await run(["start", "--conf", conf, ...files, "--log-level", "error"]);
    const status = await run(["status", "--admin", `http://${admin}`]);
    const stopped = await run(["stop", "--pid-file", join(dir, "pid")]);
    expect([started, status, stopped].map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(performance.now() - began).toBeLessThan(9000);
    expect(readFileSync(join(dir, "log"), "utf8")).toBe("");
  });
});
