import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Snapshot } from "../../src/contract.ts";
import { createClock } from "../../src/engine/clock.ts";
import { EtcdRegistry } from "../../src/registry/etcd/v3.ts";
import { type EtcdServer, startEtcd } from "../servers/etcd.ts";

const clock = createClock((error) => {
  throw error;
});
const signal = new AbortController().signal;
let etcd: EtcdServer;
let registry: EtcdRegistry;
const open = (): EtcdRegistry =>
  new EtcdRegistry(
    { hosts: [etcd.address], timeoutMs: 5000, tls: undefined, username: undefined, password: undefined },
    clock,
  );
beforeAll(async () => {
  etcd = await startEtcd();
  registry = open();
});
afterAll(async () => {
  await registry.close();
  await etcd.stop();
});

const plain = ({ entries }: Snapshot) => Object.fromEntries([...entries].sort());

describe("etcd, watched", () => {
  it("comes, change by change, to what a fresh read gives", async () => {
    const writer = open();
    const names = ["a", "b", "c", "deep/d", "deep/e"];
    let known = await registry.read("app", null, signal);
    let random = 7;
    const next = (below: number): number => {
      random = (random * 1103515245 + 12345) % 2147483648;
      return random % below;
    };
    for (let round = 0; round < 40; round++) {
      // Up to three at once, beside keys of others; a key may be removed that is not there.
      const ops = Array.from({ length: 1 + next(3) }, () => names[next(names.length)] ?? "a");
      const changes = [...new Set(ops)].map((name) => {
        const op = { key: `app/${name}`, expect: "any", session: null } as const;
        return next(3) === 0 ? ({ ...op, remove: true } as const) : { ...op, put: String(round) };
      });
      const beside = { key: `app2/${round}`, put: "x", expect: "any", session: null } as const;
      const sure = { key: "app/sure", put: String(round), expect: "any", session: null } as const;
      await writer.commit([...changes, beside, sure], signal);
      known = await registry.read("app", known.revision, signal);
      expect(plain(known)).toEqual(plain(await writer.read("app", null, signal)));
    }
    await writer.close();
  });

  it("is read anew after a revision that is not the last known one", async () => {
    const first = await registry.read("app", null, signal);
    await registry.commit([{ key: "app/x", put: "1", expect: "any", session: null }], signal);
    await registry.read("app", first.revision, signal);
    await registry.commit([{ key: "app/y", put: "2", expect: "any", session: null }], signal);
    const again = await registry.read("app", first.revision, signal);
    expect(plain(again)).toMatchObject({ "app/x": { value: "1" }, "app/y": { value: "2" } });
  });
});
