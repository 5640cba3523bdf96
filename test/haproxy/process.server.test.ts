import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { HaproxySettings } from "../../src/config/settings.ts";
import { haproxyClient } from "../../src/haproxy/client.ts";
import { keepRunning } from "../../src/haproxy/keep-running.ts";
import { listenersFrom, reloadHaproxy, runningPids } from "../../src/haproxy/process.ts";
import { clock } from "../outlets/runtime-rig.ts";
import { freePort, tempDir, until } from "../servers/process.ts";

const signal = new AbortController().signal;
const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function place(mode: HaproxySettings["mode"]) {
  const dir = tempDir("haproxy-process");
  const settings = { exec: "/usr/sbin/haproxy", confFile: join(dir, "h.cfg"), pidFile: join(dir, "h.pid"), mode };
  const socket = join(dir, "h.sock");
  const port = await freePort();
  const config = (timeout: string, more = ""): string =>
    `global\n  stats socket ${socket} level admin expose-fd listeners\ndefaults\n  mode http\n  timeout connect 1s\n  timeout client ${timeout}\n  timeout server 1s\nfrontend f\n  bind 127.0.0.1:${port}\n${more}`;
  const lines: string[] = [];
  const start = async () => {
    const part = await keepRunning(settings, clock, (level, text) => void lines.push(`${level} ${text}`)).start();
    const stop = (): Promise<void> => part.stop("exit");
    stops.push(stop);
    return stop;
  };
  const client = haproxyClient({ address: socket, timeoutMs: 1000, clock });
  const pid = async (): Promise<number> => (await client.info(signal)).pid;
  stops.push(() => rmSync(dir, { recursive: true, force: true }));
  stops.push(() => {
    for (const each of runningPids(settings)) process.kill(each, "SIGTERM");
  });
  return { settings, config, lines, start, pid, write: (text: string) => writeFileSync(settings.confFile, text) };
}

describe.each(["daemon", "master-worker"] as const)("HAProxy in mode %s", (mode) => {
  it("is started when there is its file, started again when it died, left alone when checkd ends", async () => {
    const { settings, config, lines, start, pid, write } = await place(mode);
    const stop = await start();
    expect(lines).toEqual([`info HAProxy is started as soon as there is ${settings.confFile}`]);
    write(config("5s"));
    const first = await until("HAProxy", pid);
    await until("its start to be said", () => lines.some((line) => line.includes("is started:")));
    await stop();
    expect(await pid()).toBe(first);
    // Another checkd finds it running and starts none.
    const again = await start();
    expect(await pid()).toBe(first);
    expect(lines.filter((line) => line.includes("is started:")).length).toBe(1);
    for (const each of runningPids(settings)) process.kill(each, "SIGKILL");
    await until("another one", async () => (await pid()) !== first);
    await again();
  });

  it("is reloaded when its file has changed and is fit for it, and goes on when it is not", async () => {
    const { config, lines, start, pid, write } = await place(mode);
    write(config("5s"));
    await start();
    const first = await until("HAProxy", pid);
    write(config("5s", "  no such word\n"));
    await until("the refusal", () => lines.some((line) => line.startsWith("error HAProxy goes on as it is")));
    expect(lines.at(-1)).toContain("unknown keyword 'such'");
    expect(await pid()).toBe(first);
    write(config("6s"));
    await until("the reload", async () => (await pid()) !== first);
    expect(lines.filter((line) => line.includes("goes on as it is")).length).toBe(1);
  });
});

it("is reloaded although its sockets are gone or were never known to it, and answers on the new ones", async () => {
  const { settings, config, lines, start, pid, write } = await place("daemon");
  write(`${config("5s")}`.replace("global\n", `global\n  pidfile ${settings.pidFile}\n`));
  await start();
  const first = await until("HAProxy", pid);
  const [running = 0] = runningPids(settings);
  rmSync(join(settings.confFile, "..", "h.sock"));
  write(config("6s"));
  await until("the reload", async () => (await pid()) !== first);
  await until("the old one to end", () => runningPids(settings).every((each) => each !== running));
  // A file at the place of a new socket is none that could hand anything over.
  const other = join(settings.confFile, "..", "other.sock");
  writeFileSync(other, "");
  write(config("7s").replace("global\n", `global\n  stats socket ${other} level admin expose-fd listeners\n`));
  await until("the second reload", () => lines.filter((line) => line.includes("is reloaded")).length === 2);
  expect(lines.filter((line) => line.startsWith("error"))).toEqual([]);
});

it("takes no other program for HAProxy because it has the pid of a file", async () => {
  const { settings } = await place("daemon");
  writeFileSync(settings.pidFile, `${process.pid}\n1\nnonsense\n`);
  expect(runningPids(settings)).toEqual([]);
  rmSync(settings.pidFile);
  expect(runningPids(settings)).toEqual([]);
});

it("says why HAProxy does not start", async () => {
  const { settings, config, write } = await place("daemon");
  write(config("5s", "backend b\n  server s 1.2.3.4:99999999 check\n"));
  await expect(reloadHaproxy(settings, clock)).rejects.toThrow(/ended with 1: .*port/i);
  await expect(reloadHaproxy({ ...settings, exec: "/nowhere/haproxy" }, clock)).rejects.toThrow("cannot be started");
  expect(readFileSync(settings.confFile, "utf8")).toContain("99999999");
});

it.each([
  ["global\n  stats socket /a level admin\n  stats socket unix@/b expose-fd listeners level admin\n", ["/b"]],
  ["global\n  stats socket 127.0.0.1:1 expose-fd listeners\n", []],
  ["global\n  stats socket /a level admin\n", []],
  ["defaults\n  mode tcp\n", []],
])("finds the sockets that hand listening sockets over in %j", (config, sockets) => {
  expect(listenersFrom(config)).toEqual(sockets);
});
