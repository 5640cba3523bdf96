// What must not end or freeze the daemon: its log, signals at the wrong time, errors that nobody caught.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { ROOT } from "../../scripts/steps.mjs";
import { freePort, tempDir, until } from "../servers/process.ts";
import { startZooKeeper } from "../servers/zookeeper.ts";
import { askAgent, program, run, startCheckd } from "./checkd.ts";

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const configOf = (port: number, check: object = { type: "tcp" }): string =>
  JSON.stringify({
    pools: { web: { check, every: "200ms", targets: { a: { address: "127.0.0.1:1", agent_port: port } } } },
  });

/** A daemon whose stderr is whatever the test gives. */
async function daemon(format: string, stderr: number | "pipe", check?: object) {
  const dir = tempDir("faults");
  const conf = join(dir, "checkd.yaml");
  const port = await freePort();
  writeFileSync(conf, configOf(port, check));
  const args = [program(), "run", "--conf", conf, "--log-format", format];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", stderr] });
  let code: number | NodeJS.Signals | null | undefined;
  child.once("exit", (status, signal) => {
    code = signal ?? status;
  });
  ends.push(() => rmSync(dir, { recursive: true, force: true }));
  ends.push(() => child.kill("SIGKILL"));
  const answers = (): Promise<string> => askAgent(port).catch(() => "");
  await until("an answer", async () => (await answers()).startsWith("down"));
  return { child, conf, answers, code: () => code };
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

it.each(["text", "json"])("goes on when the reader of its log ends (%s)", async (format) => {
  const one = await daemon(format, "pipe");
  one.child.stderr?.destroy();
  writeFileSync(one.conf, "broken: [");
  for (let i = 0; i < 5; i++) {
    one.child.kill("SIGHUP");
    await pause(100);
  }
  expect(one.code()).toBeUndefined();
  expect(await one.answers()).toMatch(/^down /);
});

it.each(["text", "json"])("goes on, and ends in time, when nobody reads its log (%s)", async (format) => {
  const one = await daemon(format, "pipe");
  // Each reload says so many lines that soon no pipe holds them.
  writeFileSync(one.conf, Array.from({ length: 300 }, (_, i) => `unknown_${i}: ${"x".repeat(100)}\n`).join(""));
  for (let i = 0; i < 60; i++) {
    one.child.kill("SIGHUP");
    await pause(20);
  }
  expect(await one.answers()).toMatch(/^down /);
  one.child.kill("SIGTERM");
  await until("its end", () => one.code() !== undefined);
  expect(one.code()).toBe(0);
});

it.each(["text", "json"])("goes on when the disk of its log is full (%s)", async (format) => {
  const full = openSync("/dev/full", "w");
  ends.push(() => closeSync(full));
  const one = await daemon(format, full);
  writeFileSync(one.conf, "broken: [");
  one.child.kill("SIGHUP");
  await pause(300);
  expect(one.code()).toBeUndefined();
  expect(await one.answers()).toMatch(/^down /);
});

it("takes a SIGHUP while it stops for nothing", async () => {
  const slow = { type: "exec", argv: ["sh", "-c", "trap '' TERM; echo down; sleep 60 & wait"] };
  const one = await daemon("text", "pipe", slow);
  let said = "";
  one.child.stderr?.on("data", (chunk) => {
    said += String(chunk);
  });
  one.child.kill("SIGTERM");
  await until("the stop", () => said.includes("stopping"));
  one.child.kill("SIGHUP");
  await until("its end", () => one.code() !== undefined);
  expect(one.code()).toBe(0);
});

it("survives errors that a plug-in lets nobody catch, and says so", async () => {
  const dir = tempDir("stray");
  ends.push(() => rmSync(dir, { recursive: true, force: true }));
  mkdirSync(dir, { recursive: true });
  writeFileSync(
    join(dir, "own.mjs"),
    `import { defineChecker, z } from ${JSON.stringify(join(ROOT, "dist/index.js"))};
const seen = { outcome: "fail", reason: "seen", facts: {}, weight: null, claim: null };
const ask = async () => {
  Promise.reject(new Error("stray rejection"));
  setTimeout(() => { throw new Error("stray exception"); }, 1);
  return seen;
};
const close = async () => {};
export default defineChecker({ name: "own", summary: "strays", options: z.strictObject({}), facts: {},
  create: () => ({ open: () => ({ ask, close }), close }) });
`,
  );
  const port = await freePort();
  const one = await startCheckd(configOf(port, { type: join(dir, "own.mjs") }));
  ends.push(() => one.stop());
  await until("both errors", () => /stray rejection/.test(one.output()) && /stray exception/.test(one.output()));
  await pause(1000);
  expect(await askAgent(port)).toBe("down #seen\n");
  expect(one.output().match(/stray rejection/g)).toHaveLength(1); // not at every probe
});

it("ends when something does not start, whatever was connected to by then", { timeout: 30_000 }, async () => {
  const zk = await startZooKeeper();
  ends.push(() => zk.stop());
  const dir = tempDir("faults");
  ends.push(() => rmSync(dir, { recursive: true, force: true }));
  const conf = join(dir, "checkd.yaml");
  const port = await freePort();
  const taken = createServer().listen(port, "127.0.0.1");
  ends.push(() => taken.close());
  const settings = {
    admin: { listen: `127.0.0.1:${port}` },
    registries: { zk: { driver: "zookeeper", address: zk.address } },
    pools: { web: { check: { type: "tcp" }, source: { type: "registry", registry: "zk", path: "/apps" } } },
  };
  writeFileSync(conf, JSON.stringify(settings));
  const ended = await run(["run", "--conf", conf]);
  expect([ended.code, ended.stderr]).toEqual([3, expect.stringContaining(`127.0.0.1:${port} is taken`)]);
  const service = ["--pid-file", join(dir, "pid"), "--log-file", join(dir, "log")];
  const started = await run(["start", "--conf", conf, ...service]);
  expect([started.code, started.stderr]).toEqual([3, expect.stringContaining("is taken by another program")]);
  expect((await run(["status", "--pid-file", join(dir, "pid")])).code).toBe(1);
});
