import { expect, it } from "vitest";
import { startConsul } from "../servers/consul.ts";
import { startEtcd } from "../servers/etcd.ts";
import { until } from "../servers/process.ts";
import { startZooKeeper } from "../servers/zookeeper.ts";
import { startCheckd } from "./checkd.ts";
import {
  catalogRegistrations,
  consulRegistrations,
  etcdRegistrations,
  everybody,
  type Registrations,
  startInstance,
  startLoad,
  zooKeeperRegistrations,
} from "./instances.ts";
import { keep, startSlotHaproxy, stops } from "./slots-rig.ts";

interface Way {
  readonly registry: object;
  readonly source: object;
  readonly apps: Registrations;
}
const pathOf = (app: string): string => `apps/${app}`;
const byPath = { type: "registry", registry: "main", path: "/apps/web" };

const WAYS: readonly (readonly [string, () => Promise<Way>])[] = [
  [
    "ZooKeeper",
    async () => {
      const { address } = keep(await startZooKeeper());
      const apps = await zooKeeperRegistrations(address, (app) => `/${pathOf(app)}`);
      return { registry: { driver: "zookeeper", address }, source: byPath, apps };
    },
  ],
  [
    "etcd",
    async () => {
      const { address } = keep(await startEtcd());
      const apps = await etcdRegistrations(address, (app) => `/${pathOf(app)}`);
      return { registry: { driver: "etcd", address }, source: byPath, apps };
    },
  ],
  [
    "Consul's keys",
    async () => {
      const consul = keep(await startConsul());
      const registry = { driver: "consul", address: consul.address };
      return { registry, source: byPath, apps: consulRegistrations(consul, pathOf) };
    },
  ],
  [
    "Consul's catalog",
    async () => {
      const consul = keep(await startConsul());
      const registry = { driver: "consul", address: consul.address };
      return {
        registry,
        source: { type: "registry", registry: "main", service: "web" },
        apps: catalogRegistrations(consul),
      };
    },
  ],
];

it.each(WAYS)(
  "instances come and go through %s without a reload and without a failed request",
  { timeout: 60_000 },
  async (_, open) => {
    const { registry, source, apps } = await open();
    stops.push(() => apps.close());
    const haproxy = await startSlotHaproxy({ slots: 5 });
    keep(
      await startCheckd({
        registries: { main: registry },
        pools: {
          web: {
            source,
            check: { type: "http-content", path: "/probe.jsp" },
            runtime: { sockets: haproxy.socket, slots: "web1..5" },
          },
        },
      }),
    );
    const pid = haproxy.pid();
    const instances = await Promise.all(["a", "b", "c"].map(async (name) => keep(await startInstance(name))));
    const took: number[] = [];
    for (const { name, port } of instances) {
      const begun = performance.now();
      await apps.add("web", name, `127.0.0.1:${port}`);
      await until(`${name} to serve`, async () => (await haproxy.serving()).includes(`127.0.0.1:${port}`), 10_000, 2);
      took.push(performance.now() - begun);
    }
    expect(Math.min(...took), took.join()).toBeLessThan(150);
    const load = startLoad(haproxy.front, ["/who"], 4);
    stops.push(() => load.stop());
    expect(await everybody(haproxy.front, 12)).toEqual(["a", "b", "c"]);
    const [first, second] = instances;
    if (first === undefined || second === undefined) throw new Error("no instances");
    await apps.remove("web", first.name);
    await until("a to be gone", async () => !(await haproxy.serving()).includes(`127.0.0.1:${first.port}`));
    await first.restart();
    await apps.add("web", first.name, `127.0.0.1:${first.port}`);
    await until("a in its own slot again", async () => (await haproxy.serving())[0] === `127.0.0.1:${first.port}`);
    await load.stop();
    expect(load.failures).toEqual([]);
    // One that fails without leaving: out when its check says so, and its slot is kept.
    await second.nginx().stop();
    await until("b to be out", async () => !(await haproxy.serving()).includes(`127.0.0.1:${second.port}`));
    expect((await haproxy.state()).get("web/web2")?.srv_port).toBe(String(second.port));
    expect(haproxy.pid()).toBe(pid);
  },
);
