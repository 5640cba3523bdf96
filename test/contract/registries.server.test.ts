import { readdirSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Op, Registry, Session } from "../../src/contract.ts";
import { RegistryError } from "../../src/errors.ts";
import { type Running, sleep, until } from "../servers/process.ts";
import { type RegistryCase, registryCases } from "./registry-cases.ts";

const put = (key: string, value: string, expect: Op["expect"] = "any", session: Session | null = null): Op => ({
  key,
  expect,
  session,
  put: value,
});
const remove = (key: string, expect: Op["expect"] = "any"): Op => ({ key, expect, session: null, remove: true });

/** Stops a server, and waits until each of its threads stands still: one that runs on would answer. */
async function freeze({ pid, signal }: Running): Promise<void> {
  signal("SIGSTOP");
  const stands = (thread: string): boolean => /\) T /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, "utf8"));
  await until("the server to stand still", () => readdirSync(`/proc/${pid}/task`).every(stands), 5000, 5);
}

/** A signal that fires by itself, so that no step of the suite can hang. */
function within(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error(`not within ${ms} ms`)), ms).unref();
  return controller.signal;
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it should have failed");
}

describe.each(registryCases)("the registry driver $name", (driver: RegistryCase) => {
  let server: (Running & { readonly port: number }) | null = null;
  let open: () => Registry;
  let registry: Registry;
  const more: Running[] = [];

  beforeAll(async () => {
    const started = await driver.start();
    server = started.server;
    open = started.open;
    registry = open();
  });
  afterAll(async () => {
    await registry.close();
    for (const each of more) await each.stop();
    await server?.stop();
  });
  const values = async (prefix: string): Promise<Record<string, string>> => {
    const { entries } = await registry.read(prefix, null, within(5000));
    return Object.fromEntries([...entries].map(([key, { value }]) => [key, value]));
  };

  it("reads nothing below a prefix that has nothing, as an answer and not as an error", async () => {
    const snapshot = await registry.read("none/here", null, within(5000));
    expect(snapshot.entries.size).toBe(0);
    expect(snapshot.fresh).toBe(true);
  });

  it("reads back what it wrote, by whole path segments, whatever slashes surround the key", async () => {
    await registry.commit([put("/app/web/", "one")], within(5000));
    await registry.commit([put("app/web2", "two")], within(5000));
    await registry.commit([put("app/ünï code", "drei ☂\nx")], within(5000));
    expect(await values("app/web")).toEqual({ "app/web": "one" });
    expect(await values("/app")).toEqual({ "app/web": "one", "app/web2": "two", "app/ünï code": "drei ☂\nx" });
  });

  it("creates only what is absent and changes only the version it read", async () => {
    expect(await registry.commit([put("cas/a", "1", "absent")], within(5000))).toEqual({ conflicts: [] });
    expect((await registry.commit([put("cas/a", "2", "absent")], within(5000))).conflicts).toEqual(["cas/a"]);
    const version = (await registry.read("cas/a", null, within(5000))).entries.get("cas/a")?.version ?? "";
    expect(await registry.commit([put("cas/a", "3", version)], within(5000))).toEqual({ conflicts: [] });
    expect((await registry.commit([put("cas/a", "4", version)], within(5000))).conflicts).toEqual(["cas/a"]);
    expect(await values("cas")).toEqual({ "cas/a": "3" });
  });

  it("removes by version, and removing what is not there is no error", async () => {
    await registry.commit([put("gone/a", "1")], within(5000));
    const version = (await registry.read("gone", null, within(5000))).entries.get("gone/a")?.version ?? "";
    await registry.commit([put("gone/a", "2")], within(5000));
    expect((await registry.commit([remove("gone/a", version)], within(5000))).conflicts).toEqual(["gone/a"]);
    await registry.commit([remove("gone/a")], within(5000));
    expect(await registry.commit([remove("gone/a")], within(5000))).toEqual({ conflicts: [] });
    expect(await values("gone")).toEqual({});
  });

  it("commits several operations all or none, where the server has transactions", async () => {
    const both = [put("txn/a", "1", "absent"), put("txn/b", "1", "absent")];
    if (registry.maxOps === 1) {
      expect(await errorOf(registry.commit(both, within(5000)))).toBeInstanceOf(RegistryError);
      return;
    }
    expect((await registry.commit(both, within(5000))).conflicts).toEqual([]);
    const again = [put("txn/c", "1", "absent"), put("txn/b", "2", "absent")];
    expect((await registry.commit(again, within(5000))).conflicts).toContain("txn/b");
    expect(await values("txn")).toEqual({ "txn/a": "1", "txn/b": "1" });
  });

  it("waits for news below its prefix and for no other", async () => {
    await registry.commit([put("watch/a", "1")], within(5000));
    const { revision } = await registry.read("watch", null, within(5000));
    let ended = false;
    const news = registry.read("watch", revision, within(20_000)).then((snapshot) => {
      ended = true;
      return snapshot;
    });
    await sleep(150);
    await registry.commit([put("watch2/b", "1")], within(5000));
    await sleep(150);
    expect(ended).toBe(false);
    await registry.commit([put("watch/a", "2")], within(5000));
    expect((await news).entries.get("watch/a")?.value).toBe("2");
  });

  it("tells news that came between two reads", async () => {
    await registry.commit([put("between/a", "1")], within(5000));
    const { revision } = await registry.read("between", null, within(5000));
    await registry.commit([remove("between/a")], within(5000));
    expect((await registry.read("between", revision, within(5000))).entries.size).toBe(0);
  });

  it("stops waiting at once when its signal fires", async () => {
    await registry.commit([put("abort/a", "1")], within(5000));
    const { revision } = await registry.read("abort", null, within(5000));
    const controller = new AbortController();
    const waiting = errorOf(registry.read("abort", revision, controller.signal));
    await sleep(100);
    const before = performance.now();
    controller.abort(new Error("enough"));
    expect(await waiting).toBeInstanceOf(RegistryError);
    expect(performance.now() - before).toBeLessThan(500);
  });

  it("keeps a session's key while the session lives and drops it when it closes", async () => {
    const session = await registry.session(driver.sessionTtlMs, within(5000));
    expect(await registry.commit([put("lock/one", "me", "absent", session)], within(5000))).toEqual({ conflicts: [] });
    await sleep(driver.sessionTtlMs < 5000 ? driver.sessionTtlMs * 1.7 : 300);
    expect(await values("lock")).toEqual({ "lock/one": "me" });
    expect((await registry.commit([put("lock/one", "you", "absent")], within(5000))).conflicts).toEqual(["lock/one"]);
    await session.close();
    expect(session.lost.aborted).toBe(true);
    await until("the key to go with its session", async () => Object.keys(await values("lock")).length === 0, 5000);
    expect((await registry.commit([put("lock/one", "late", "absent", session)], within(5000))).conflicts).toEqual([
      "lock/one",
    ]);
  });

  it("moves a key to another session, so that the end of the first one does not take it away", async () => {
    const first = await registry.session(driver.sessionTtlMs, within(5000));
    expect(await registry.commit([put("lease/a", "me", "absent", first)], within(5000))).toEqual({ conflicts: [] });
    const second = await registry.session(driver.sessionTtlMs, within(5000));
    const { entries } = await registry.read("lease", null, within(5000));
    const { version = "" } = entries.get("lease/a") ?? {};
    expect((await registry.commit([put("lease/a", "not me", "absent", second)], within(5000))).conflicts).toEqual([
      "lease/a",
    ]);
    expect(await registry.commit([put("lease/a", "me", version, second)], within(5000))).toEqual({ conflicts: [] });
    await first.close();
    await sleep(300);
    expect(await values("lease")).toEqual({ "lease/a": "me" });
    await second.close();
    await until("the key to go with its session", async () => Object.keys(await values("lease")).length === 0, 5000);
  });

  it("holds a thousand keys", async () => {
    const ops = Array.from({ length: 1000 }, (_, index) => put(`many/k${index}`, `v${index}`));
    for (let from = 0; from < ops.length; from += registry.maxOps)
      await registry.commit(ops.slice(from, from + registry.maxOps), within(10_000));
    expect(Object.keys(await values("many")).length).toBe(1000);
  });

  it("says unreachable while the server hangs, within its time-out, and works again afterwards", async () => {
    if (server === null) return expect(driver.name).toBe("memory");
    await registry.commit([put("hang/a", "1")], within(5000));
    await freeze(server);
    const before = performance.now();
    const error = await errorOf(registry.read("hang", null, within(8000)));
    const took = performance.now() - before;
    server.signal("SIGCONT");
    expect(error).toMatchObject({ name: "RegistryError", kind: "unreachable" });
    expect(took).toBeLessThan(4000);
    await until("an answer after the hang", async () => (await values("hang"))["hang/a"] === "1", 15_000, 100);
  });

  it("loses a session that could not be renewed, and says so", async () => {
    if (server === null || driver.sessionTtlMs > 5000) return expect(["memory", "consul"]).toContain(driver.name);
    const session = await registry.session(driver.sessionTtlMs, within(5000));
    await registry.commit([put("lost/a", "me", "absent", session)], within(5000));
    await freeze(server);
    await until("the session to be lost", () => session.lost.aborted, 15_000, 50);
    server.signal("SIGCONT");
    await until(
      "a new session after the loss",
      async () => {
        const next = await registry.session(driver.sessionTtlMs, within(2000));
        await next.close();
        return true;
      },
      15_000,
      100,
    );
    await until(
      "the lost session's key to go",
      async () => Object.keys(await values("lost")).length === 0,
      10_000,
      100,
    );
  });

  it("says unreachable when the server is gone, and reads what the new one has", async () => {
    if (server === null) return expect(driver.name).toBe("memory");
    const { port } = server;
    await registry.commit([put("restart/a", "old")], within(5000));
    const { revision } = await registry.read("restart", null, within(5000));
    const waiting = errorOf(registry.read("restart", revision, within(20_000)));
    server.signal("SIGKILL");
    await server.exited;
    expect(await waiting).toMatchObject({ kind: "unreachable" });
    expect(await errorOf(registry.read("restart", null, within(5000)))).toMatchObject({ kind: "unreachable" });
    more.push(await driver.restart(port));
    const left = await until("an answer after the restart", async () => [await values("restart")], 20_000, 100);
    expect(left[0]).toEqual(driver.keepsData ? { "restart/a": "old" } : {});
    await registry.commit([put("restart/a", "new")], within(5000));
    expect(await values("restart")).toEqual({ "restart/a": "new" });
  });
});
