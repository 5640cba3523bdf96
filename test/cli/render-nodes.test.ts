import { describe, expect, it } from "vitest";
import { nodesOf } from "../../src/cli/render-nodes.ts";
import { createClock } from "../../src/engine/clock.ts";
import type { NameService, Service } from "../../src/render/functions/name-service.ts";
import type { Backend } from "../../src/render/source/backend.ts";

const clock = createClock((error) => {
  throw error;
});

const service = (target: string, port: number, priority: number, weight: number): Service => ({
  target,
  port,
  priority,
  weight,
});
const FOUND = [service("c.x.", 3, 20, 0), service("b.x.", 2, 10, 1), service("a.x.", 1, 10, 9)];

async function look(backend: Backend, found: readonly Service[] | Error, record = "_e._tcp.x.") {
  const log: string[] = [];
  const asked: string[] = [];
  const names: NameService = {
    addresses: () => Promise.reject(new Error("not asked for")),
    services: async (name) => {
      asked.push(name);
      if (found instanceof Error) throw found;
      return found;
    },
  };
  const env = { names, clock, log: (level: string, text: string) => void log.push(`${level} ${text}`) };
  const nodes = await nodesOf({ backend, nodes: ["named:1"], scheme: "https" }, record, env);
  return { nodes, log, asked };
}

describe("nodes", () => {
  it.each([
    ["consul", ["a.x:1", "b.x:2", "c.x:3"]],
    ["etcd", ["https://a.x:1", "https://b.x:2", "https://c.x:3"]],
    ["etcdv3", ["a.x:1", "b.x:2", "c.x:3"]],
    ["zookeeper", ["a.x:1", "b.x:2", "c.x:3"]],
  ] as const)("of %s come from the SRV record in place of those that were named", async (backend, nodes) => {
    expect(await look(backend, FOUND)).toEqual({
      nodes,
      log: ["info SRV record set to _e._tcp.x."],
      asked: ["_e._tcp.x."],
    });
  });

  it.each(["env", "file"] as const)("of %s are none, and nothing is asked", async (backend) => {
    expect(await look(backend, FOUND)).toEqual({ nodes: ["named:1"], log: [], asked: [] });
  });

  it("are those that were named where there is no record", async () => {
    expect(await look("consul", FOUND, "")).toEqual({ nodes: ["named:1"], log: [], asked: [] });
  });

  it("cannot be had from a record that is not there, or empty", async () => {
    await expect(look("consul", new Error("querySrv ENOTFOUND x"))).rejects.toThrow(
      "Cannot get nodes from SRV records querySrv ENOTFOUND x",
    );
    await expect(look("consul", [])).rejects.toThrow(
      "Cannot get nodes from SRV records lookup _e._tcp.x.: no such host",
    );
  });
});
