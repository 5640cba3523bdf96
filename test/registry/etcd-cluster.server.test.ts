import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Op, Registry, Snapshot } from "../../src/contract.ts";
import { openRegistry } from "../contract/registry-cases.ts";
import { type EtcdServer, startEtcdCluster } from "../servers/etcd.ts";
import { sleep, until } from "../servers/process.ts";

const put = (key: string, value: string): Op => ({ key, expect: "any", session: null, put: value });

function within(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error(`not within ${ms} ms`)), ms).unref();
  return controller.signal;
}

const TIMEOUT_MS = 3000;

describe.each(["v3", "v2"])("a cluster of three etcd members, API %s", (api) => {
  let members: readonly [EtcdServer, EtcdServer, EtcdServer];
  let registry: Registry;

  beforeAll(async () => {
    members = await startEtcdCluster();
    const address = members.map((member) => member.address);
    registry = openRegistry("etcd", { address, api, timeout: `${TIMEOUT_MS}ms` });
    await until("a first write", async () => (await registry.commit([put("app/a", "0")], within(5000))).conflicts);
  });
  afterAll(async () => {
    await registry.close();
    await Promise.all(members.map((member) => member.stop()));
  });

  /** So many writes and reads, each of which must be answered; how long they took in milliseconds, the longest first. */
  async function works(times: number): Promise<readonly number[]> {
    const took: number[] = [];
    for (let i = 0; i < times; i += 1) {
      const before = performance.now();
      expect(await registry.commit([put("app/a", String(i))], within(10_000))).toEqual({ conflicts: [] });
      const { entries } = await registry.read("app", null, within(10_000));
      expect(entries.get("app/a")?.value).toBe(String(i));
      took.push(performance.now() - before);
    }
    return took.sort((a, b) => b - a);
  }

  /** Resolves with the news that a write brings, however often the watch has to be begun again. */
  async function news(value: string): Promise<Snapshot> {
    const { revision } = await registry.read("news", null, within(10_000));
    const waiting = (async () => {
      for (let after: string | null = revision; ; )
        try {
          const snapshot = await registry.read("news", after, within(8000));
          if (snapshot.entries.get("news/a")?.value === value) return snapshot;
          after = snapshot.revision;
        } catch {
          after = null;
        }
    })();
    await sleep(100);
    await registry.commit([put("news/a", value)], within(10_000));
    return waiting;
  }

  it.each(["SIGSTOP", "SIGKILL"] as const)("goes on with two when one has had a %s", async (signal) => {
    for (const member of api === "v2" ? members.slice(0, 1) : members.slice(1, 2)) {
      member.signal(signal);
      await sleep(800);
      const [longest, second] = await works(20);
      // Who failed is left out from then on: only one call has to wait for it.
      expect(longest).toBeLessThan(2 * TIMEOUT_MS);
      expect(second).toBeLessThan(TIMEOUT_MS / 3);
      expect((await news(signal)).entries.get("news/a")?.value).toBe(signal);
      if (signal === "SIGSTOP") member.signal("SIGCONT");
    }
  });

  it("says unreachable without a majority, and comes back with it", async () => {
    const [, , third] = members;
    third.signal("SIGSTOP");
    const alone = api === "v2" ? members[1] : members[0];
    expect(alone.port).not.toBe(third.port);
    await sleep(800);
    const before = performance.now();
    const failed = await registry.commit([put("app/a", "lost")], within(20_000)).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failed).toMatchObject({ kind: "unreachable" });
    expect(performance.now() - before).toBeLessThan(2 * TIMEOUT_MS);
    third.signal("SIGCONT");
    await until("a majority again", async () => (await works(1)).length, 20_000, 100);
  });
});
