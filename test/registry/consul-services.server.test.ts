import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Registry, Service, ServiceCatalog } from "../../src/contract.ts";
import { openRegistry } from "../contract/registry-cases.ts";
import { type ConsulServer, startConsul } from "../servers/consul.ts";
import { until } from "../servers/process.ts";

const SHOP: Service = { id: "shop-1", name: "shop", host: "10.0.0.1", port: 80, tags: ["a"], ttlMs: 60_000 };

function within(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error(`not within ${ms} ms`)), ms).unref();
  return controller.signal;
}

describe("Consul's catalog", () => {
  let consul: ConsulServer;
  let registry: Registry;
  let services: ServiceCatalog;

  beforeAll(async () => {
    consul = await startConsul();
    registry = openRegistry("consul", { address: consul.address, timeout: "2s" });
    if (registry.services === null) throw new Error("no catalog");
    ({ services } = registry);
  });
  afterAll(async () => {
    await registry.close();
    await consul.stop();
  });

  const statuses = async (): Promise<readonly string[]> => {
    const { text } = await consul.api("GET", "/health/service/shop");
    const found = JSON.parse(text) as { Checks: { CheckID: string; Status: string; Output: string }[] }[];
    return found.flatMap(({ Checks }) =>
      Checks.filter(({ CheckID }) => CheckID === "service:shop-1").map(({ Status, Output }) => `${Status}: ${Output}`),
    );
  };
  const shows = (status: string): Promise<boolean> =>
    until(`the catalog to show ${status}`, async () => (await statuses()).join().startsWith(status), 5000);

  it("shows what it is told, with the reason", async () => {
    await services.tell(SHOP, true, "up 100% fine", within(5000));
    await shows("passing");
    await services.tell(SHOP, false, "down 0% refused", within(5000));
    await shows("critical: down 0% refused");
    const { entries } = await services.read("shop", null, within(5000));
    expect(JSON.parse(entries.get("shop-1")?.value ?? "")).toMatchObject({ host: "10.0.0.1", status: "critical" });
  });

  it("gets a service again that somebody took off", async () => {
    await consul.api("PUT", "/agent/service/deregister/shop-1");
    await until("it to be gone", async () => (await statuses()).length === 0, 5000);
    await services.tell(SHOP, true, "back", within(5000));
    await shows("passing");
  });

  it("gets a service again after a restart that forgot everything", async () => {
    const { port } = consul;
    consul.signal("SIGKILL");
    await consul.exited;
    await expect(services.tell(SHOP, true, "nobody hears", within(5000))).rejects.toMatchObject({
      kind: "unreachable",
    });
    consul = await startConsul({ port });
    expect(await statuses()).toEqual([]);
    await services.tell(SHOP, false, "late", within(5000));
    await shows("critical: late");
    await services.tell(SHOP, true, "fine", within(5000));
    await shows("passing: fine");
  });

  it("forgets a service that is removed, and one that it does not know", async () => {
    await services.remove("shop-1", within(5000));
    await services.remove("never-there", within(5000));
    expect(await statuses()).toEqual([]);
  });
});
