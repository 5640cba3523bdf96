import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Op, Registry } from "../../src/contract.ts";
import { openRegistry } from "../contract/registry-cases.ts";
import { type EtcdServer, startEtcd } from "../servers/etcd.ts";
import { sleep, tempDir, until } from "../servers/process.ts";

const PASSWORD = "root-pw";
const put = (key: string, value: string): Op => ({ key, expect: "any", session: null, put: value });

function within(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error(`not within ${ms} ms`)), ms).unref();
  return controller.signal;
}

describe("an etcd that wants to know who asks", () => {
  const dir = tempDir("etcd-auth");
  let server: EtcdServer;
  const opened: Registry[] = [];
  const open = (more: object): Registry => {
    const registry = openRegistry("etcd", { address: server.address, timeout: "1s", ...more });
    opened.push(registry);
    return registry;
  };

  beforeAll(async () => {
    server = await startEtcd({ dir });
    const etcdctl = (...args: string[]) =>
      execFileSync("etcdctl", ["--endpoints", server.address, ...args], {
        env: { ...process.env, ETCDCTL_API: "3" },
        stdio: "pipe",
      });
    etcdctl("user", "add", `root:${PASSWORD}`);
    etcdctl("user", "add", "reader:reader-pw");
    etcdctl("role", "add", "reads");
    etcdctl("role", "grant-permission", "reads", "--prefix=true", "read", "/app");
    etcdctl("user", "grant-role", "reader", "reads");
    etcdctl("user", "grant-role", "root", "root");
    etcdctl("auth", "enable");
  });
  afterAll(async () => {
    await Promise.all(opened.map((registry) => registry.close()));
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it.each([
    ["nobody", {}],
    ["a wrong password", { username: "root", password: "not-this" }],
  ])("refuses %s, and no password is in the error", async (_, who) => {
    const error: unknown = await open(who)
      .read("app", null, within(5000))
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: "RegistryError", kind: "denied" });
    expect(String(error)).not.toContain("not-this");
  });

  it("lets one who may only read read, and calls a write denied", async () => {
    const registry = open({ username: "reader", password: "reader-pw" });
    expect((await registry.read("app", null, within(5000))).entries.size).toBe(0);
    await expect(registry.commit([put("app/a", "1")], within(5000))).rejects.toMatchObject({ kind: "denied" });
  });

  it("logs in again when the token that etcd gave is no longer known, however long ago that was", async () => {
    const registry = open({ username: "root", password: PASSWORD });
    await registry.commit([put("app/a", "1")], within(5000));
    const { revision } = await registry.read("app", null, within(5000));
    const waiting = registry.read("app", revision, within(20_000)).catch(() => null);
    await sleep(1500);
    const { port } = server;
    server.signal("SIGKILL");
    await server.exited;
    server = await startEtcd({ port, dir });
    await waiting;
    await until(
      "an answer to a new token",
      async () => (await registry.read("app", null, within(5000))).entries.get("app/a")?.value === "1",
      10_000,
      200,
    );
    expect(await registry.commit([put("app/a", "2")], within(5000))).toEqual({ conflicts: [] });
  });
});
