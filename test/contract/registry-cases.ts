import type { Registry } from "../../src/contract.ts";
import { createClock } from "../../src/engine/clock.ts";
import { registries } from "../../src/registry/index.ts";
import { startConsul } from "../servers/consul.ts";
import { startEtcd } from "../servers/etcd.ts";
import type { Running } from "../servers/process.ts";
import { startZooKeeper } from "../servers/zookeeper.ts";

/** One driver of the contract suite; `server` null: it has none to break. */
export interface RegistryCase {
  readonly name: string;
  start(): Promise<{
    readonly server: (Running & { readonly port: number }) | null;
    open(overrides?: object): Registry;
  }>;
  /** Starts the server again on the same port; its data may be gone. */
  restart(port: number): Promise<Running>;
  /** Whether values survive such a restart. */
  readonly keepsData: boolean;
  readonly sessionTtlMs: number;
}

const clock = createClock((error) => {
  throw error;
});

/** Makes a driver as the configuration would. */
export function openRegistry(driver: string, options: object): Registry {
  const kind = registries.get(driver);
  if (kind === undefined) throw new Error(`no driver ${driver}`);
  const env = {
    clock,
    log: () => {},
    registry: () => {
      throw new Error("drivers use no registry");
    },
  };
  return kind.create(kind.options.parse(options), env) as Registry;
}

export const registryCases: readonly RegistryCase[] = [
  {
    name: "memory",
    start: async () => {
      const only = openRegistry("memory", {});
      return { server: null, open: () => only };
    },
    restart: () => Promise.reject(new Error("no server")),
    keepsData: false,
    sessionTtlMs: 10_000,
  },
  {
    name: "consul",
    start: async () => {
      const server = await startConsul();
      return {
        server,
        open: (more = {}) => openRegistry("consul", { address: server.address, timeout: "1s", ...more }),
      };
    },
    restart: (port) => startConsul({ port }),
    keepsData: false,
    sessionTtlMs: 10_000,
  },
  {
    name: "etcd",
    start: async () => {
      const server = await startEtcd();
      return { server, open: (more = {}) => openRegistry("etcd", { address: server.address, timeout: "1s", ...more }) };
    },
    restart: (port) => startEtcd({ port }),
    keepsData: false,
    sessionTtlMs: 2000,
  },
  {
    name: "etcd v2",
    start: async () => {
      const server = await startEtcd();
      return {
        server,
        open: (more = {}) => openRegistry("etcd", { address: server.address, api: "v2", timeout: "1s", ...more }),
      };
    },
    restart: (port) => startEtcd({ port }),
    keepsData: false,
    sessionTtlMs: 2000,
  },
  {
    name: "zookeeper",
    start: async () => {
      const server = await startZooKeeper();
      return {
        server,
        open: (more = {}) =>
          openRegistry("zookeeper", { address: server.address, timeout: "1s", session_timeout: "2s", ...more }),
      };
    },
    restart: (port) => startZooKeeper({ port }),
    keepsData: false,
    sessionTtlMs: 2000,
  },
];
