import { afterAll, describe, expect, it } from "vitest";
import { openRegistry } from "../contract/registry-cases.ts";
import { startEtcd } from "../servers/etcd.ts";
import { startMemcached } from "../servers/memcached.ts";
import { sleep, until } from "../servers/process.ts";
import { startZooKeeper } from "../servers/zookeeper.ts";
import { type Checkd, startCheckd } from "./checkd.ts";

const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const keep = <T extends { stop(): Promise<unknown> }>(made: T): T => {
  stops.push(() => made.stop());
  return made;
};

const cases = [
  { driver: "etcd", api: "v3", start: startEtcd },
  { driver: "etcd", api: "v2", start: startEtcd },
  { driver: "zookeeper", api: undefined, start: startZooKeeper },
] as const;

describe.concurrent.each(cases)("a writer that stands still, at $driver $api", ({ driver, api, start }) => {
  it("is followed by another, and writes nothing of what it believed when it goes on", async () => {
    const server = keep(await start());
    const [first, second] = [keep(await startMemcached()), keep(await startMemcached())];
    const access = { address: server.address, ...(api === undefined ? {} : { api }) };
    const config = {
      registries: { main: { driver, ...access } },
      pools: {
        cache: {
          check: { type: "memcached", every: "400ms", fast: "100ms", timeout: "500ms" },
          targets: { m1: `127.0.0.1:${first.port}`, m2: `127.0.0.1:${second.port}` },
          publish: { registry: "main", layout: "members", key: "services/cache/{name}", lock_ttl: "3s" },
        },
      },
    };
    const writes = (daemon: Checkd): boolean => daemon.output().includes("this daemon writes now");
    const registry = openRegistry(driver, access);
    stops.push(() => registry.close());
    const names = async (): Promise<string> => {
      const { entries } = await registry.read("services/cache", null, new AbortController().signal);
      return [...entries.keys()].map((key) => key.replace("services/cache/", "")).join(" ");
    };
    const stopped = keep(await startCheckd(config));
    await until("the first to write", () => writes(stopped));
    await until("both servers", async () => (await names()) === "m1 m2");
    const successor = keep(await startCheckd(config));
    await sleep(500);
    expect(writes(successor)).toBe(false);

    stopped.signal("SIGSTOP");
    first.signal("SIGKILL");
    await until("the other to take over and to write what is", async () => (await names()) === "m2", 20_000);
    expect(writes(successor)).toBe(true);
    const before = stopped.output().length;
    stopped.signal("SIGCONT");
    await until("it to see that its right is lost", () => stopped.output().slice(before).includes("is lost"));
    await until("it to see what is", () => stopped.output().slice(before).includes("cache/m1: up -> down"));
    await sleep(500);
    expect(stopped.output().slice(before)).not.toMatch(/\d written, \d removed/);
    expect(successor.output().match(/\d written, \d removed/g)).toEqual(["0 written, 1 removed"]);
    expect(await names()).toBe("m2");
  });
});
