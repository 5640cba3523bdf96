import { afterEach, describe, expect, it } from "vitest";
import { watchRegistries } from "../../src/admin/registry-watch.ts";
import type { Registry } from "../../src/contract.ts";
import { RegistryError } from "../../src/errors.ts";
import { createFakeClock } from "../engine/fake-clock.ts";
import { checkOf, poolOf, settingsOf, target } from "../engine/rig.ts";
import { type AdminSetup, type RunningAdmin, runAdmin } from "./running-admin.ts";

let admin: RunningAdmin | null = null;
afterEach(async () => {
  await admin?.stop();
  admin = null;
});

async function ready(setup: AdminSetup, prepare: (one: RunningAdmin) => void = () => {}): Promise<readonly unknown[]> {
  admin = await runAdmin(setup);
  prepare(admin);
  const { status, json } = await admin.ask("/readyz");
  expect((await admin.ask("/healthz")).status).toBe(200);
  const { waiting } = json as { waiting: readonly string[] };
  return [status, ...waiting];
}

const state = { since: 0, answeredAt: null, error: "connection refused", answers: 0, failures: 1 };

describe("readiness", () => {
  it("is there once every pool has a verdict", async () => {
    expect(await ready({})).toEqual([200]);
  });

  it("waits for pools that have not settled, and for those that cannot be judged", async () => {
    const settings: AdminSetup["settings"] = ({ check }) => {
      check.reply = () => null;
      const slow = [checkOf(check, { timeoutMs: 600_000 })];
      return settingsOf(
        poolOf("slow", { checks: slow, targets: [target("a")], policy: { settleMs: 600_000 } }),
        poolOf("unseen", { checks: slow, targets: [target("a")], policy: { settleMs: 100 } }),
        poolOf("empty", { checks: slow, targets: [] }),
      );
    };
    expect(await ready({ settings })).toEqual([
      503,
      "pool slow: not everything has answered once",
      "pool unseen: no verdict yet",
    ]);
  });

  it("waits for registries that are configured and do not answer, not for those that nobody asked", async () => {
    const registries = () =>
      [
        { name: "main", state: "unreachable", ...state },
        { name: "gone", state: "unreachable", ...state },
        { name: "zk", state: "unused", ...state },
      ] as const;
    const settings: AdminSetup["settings"] = ({ check }) => ({
      ...settingsOf(poolOf("web", { checks: [checkOf(check)], targets: [target("a")] })),
      registries: new Map(["main", "zk"].map((name) => [name, { kind: memoryKind, options: {}, key: name }])),
    });
    expect(await ready({ settings, given: { registries } })).toEqual([
      503,
      "registry main: unreachable: connection refused",
    ]);
  });

  it("waits for sockets of HAProxy that do not answer, until they do", async () => {
    const about = "web at /run/haproxy.sock";
    const told = { outlet: "runtime", about, at: 0, told: "", shown: null } as const;
    const found = await ready({}, ({ rig }) =>
      rig.engine.outletEnv("web").report({ ...told, state: "failed", error: "no answer of /run/haproxy.sock" }),
    );
    expect(found).toEqual([503, "runtime of pool web: no answer of /run/haproxy.sock"]);
    admin?.rig.engine.outletEnv("web").report({ ...told, state: "synced", error: null });
    expect((await admin?.ask("/readyz"))?.status).toBe(200);
  });
});

const { memory: memoryKind } = await import("../../src/registry/memory.ts");

describe("a watched registry", () => {
  const never = new AbortController().signal;
  const kind = (answer: () => Promise<never> | Promise<unknown>): Registry => ({
    ...{ maxOps: 7, close: async () => {} },
    read: async () => answer() as ReturnType<Registry["read"]>,
    commit: async () => answer() as ReturnType<Registry["commit"]>,
    session: async () => answer() as ReturnType<Registry["session"]>,
    services: {
      tell: async () => void (await answer()),
      remove: async () => void (await answer()),
      read: async () => answer() as ReturnType<Registry["read"]>,
    },
  });

  it("is known by how it answers those who ask, and is the same object for all", async () => {
    const clock = createFakeClock(1000);
    let answer: () => Promise<unknown> = async () => ({ entries: new Map(), revision: "1", fresh: true });
    const { get, states } = watchRegistries(() => kind(() => answer()), clock);
    const registry = get("main");
    expect([get("main") === registry, registry.maxOps, states()[0]?.state]).toEqual([true, 7, "unused"]);
    await registry.read("a", null, never);
    expect(states()).toMatchObject([{ name: "main", state: "reached", answers: 1, failures: 0, answeredAt: 1000 }]);
    await clock.advance(500);
    answer = async () => {
      throw new RegistryError("denied", "permission denied");
    };
    await expect(registry.commit([], never)).rejects.toThrow("permission denied");
    await expect(registry.services?.read("x", null, never)).rejects.toThrow();
    expect(states()).toMatchObject([{ state: "denied", since: 1500, error: "permission denied", failures: 2 }]);
    answer = async () => ({ entries: new Map(), revision: "1", fresh: false });
    await registry.read("a", null, never);
    expect(states()[0]?.state).toBe("stale");
  });

  it("is not blamed for a question that was given up", async () => {
    const given = new AbortController();
    given.abort();
    const { get, states } = watchRegistries(
      () => kind(() => Promise.reject(new RegistryError("unreachable", "given up"))),
      createFakeClock(),
    );
    await expect(get("main").read("a", null, given.signal)).rejects.toThrow();
    expect(states()[0]?.state).toBe("unused");
  });
});
