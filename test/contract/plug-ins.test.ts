// What every source, outlet and registry driver must be, whoever wrote it. Drivers have a suite with servers beside this one.
import { createServer, type Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { sources } from "../../checks/sources/index.ts";
import type { Definition, Env, OutletEnv, Registry, SourceEnv } from "../../src/contract.ts";
import { LiveBoard } from "../../src/engine/board.ts";
import { createClock } from "../../src/engine/clock.ts";
import { outlets } from "../../src/outlets/index.ts";
import { registries } from "../../src/registry/index.ts";
import { viewOf } from "../outlets/outlet-env.ts";
import { freePort, until } from "../servers/process.ts";
import { gained, openHandles, settled } from "./checker-bench.ts";

/** Options that each kind takes, with an address where nobody listens unless `port` says otherwise. */
const sourceOptions: Readonly<Record<string, (port: number) => object>> = {
  mysql: (port) => ({ primary: `127.0.0.1:${port}`, user: "monitor", password: "x" }),
  sentinel: (port) => ({ sentinels: [`127.0.0.1:${port}`], master_name: "mymaster" }),
  registry: () => ({ registry: "main", path: "services/web" }),
};
const outletOptions: Readonly<Record<string, (port: number) => object>> = {
  "publish-current": () => ({ registry: "main", key: "haproxy/x" }),
  "publish-members": () => ({ registry: "main", key: "haproxy/{pool}/{name}" }),
  "publish-fields": () => ({ registry: "main", key: "services/{pool}/{name}" }),
  "publish-pool": () => ({ registry: "main", key: "pools/{pool}" }),
  "publish-service": () => ({ registry: "main" }),
  runtime: (port) => ({ sockets: [`127.0.0.1:${port}`] }),
};
const registryOptions: Readonly<Record<string, (port: number) => object>> = {
  memory: () => ({}),
  consul: (port) => ({ address: `127.0.0.1:${port}`, timeout: "300ms" }),
  etcd: (port) => ({ address: `127.0.0.1:${port}`, timeout: "300ms" }),
  zookeeper: (port) => ({ address: `127.0.0.1:${port}`, timeout: "300ms" }),
  env: () => ({}),
  file: () => ({ files: "/nowhere/keys.yaml" }),
};

const signal = new AbortController().signal;

/** A registry that hangs: no answer ever comes. */
function hangingRegistry(): Registry {
  const never = <T>(_: unknown, __: unknown, given: AbortSignal): Promise<T> =>
    new Promise((__, fail) => {
      if (given.aborted) fail(new Error("stopped"));
      given.addEventListener("abort", () => fail(new Error("stopped")), { once: true });
    });
  return {
    maxOps: 64,
    read: never,
    commit: (_, given) => never(null, null, given),
    session: (_, given) => never(null, null, given),
    services: {
      tell: (_, __, ___, given) => never(null, null, given),
      remove: (_, given) => never(null, null, given),
      read: never,
    },
    close: async () => {},
  };
}

function outletEnv(): { readonly env: OutletEnv; readonly board: LiveBoard } {
  const clock = createClock((error) => {
    throw error;
  });
  const board = new LiveBoard(() => {});
  const registry = hangingRegistry();
  return {
    board,
    env: {
      clock,
      board,
      pool: "web",
      log: () => {},
      registry: () => registry,
      report: () => {},
      agentPorts: () => [3333],
      dryRun: false,
    },
  };
}

/** A port and how many connections came to it. */
async function listening(): Promise<{ readonly port: number; connections(): number; close(): Promise<void> }> {
  let count = 0;
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    count += 1;
    open.add(socket);
    socket.resume();
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
  });
  const port = await freePort();
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
  return {
    port,
    connections: () => count,
    close: () => {
      for (const socket of open) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

const kinds = [
  ...[...sources.values()].map((kind) => ["source", kind, sourceOptions] as const),
  ...[...outlets.values()].map((kind) => ["outlet", kind, outletOptions] as const),
  ...[...registries.values()].map((kind) => ["registry driver", kind, registryOptions] as const),
].map(([what, kind, options]) => ({
  what,
  name: kind.name,
  kind: kind as Definition<unknown, Env & SourceEnv & OutletEnv>,
  given: options[kind.name],
}));

describe.each(kinds)("$what $name", ({ kind, given }) => {
  it("has options in this suite, so that it is held to it", () => {
    expect(given).toBeTypeOf("function");
  });

  it("says what it is, and what each option means", () => {
    expect(kind.summary.length).toBeGreaterThan(5);
    const schema = kind.options.toJSONSchema({ io: "input", unrepresentable: "any" });
    for (const [name, option] of Object.entries(schema.properties ?? {}))
      expect(option, `option ${name} has no description`).toHaveProperty("description");
  });

  it("rejects an option it does not know", () => {
    const parsed = kind.options.safeParse({ ...given?.(1), colour: "green" });
    expect(parsed.error?.issues.map((issue) => issue.code)).toContain("unrecognized_keys");
  });

  it("touches nothing when it is made", async () => {
    const server = await listening();
    const { env } = outletEnv();
    await settled();
    const before = openHandles();
    const made = kind.create(kind.options.parse(given?.(server.port)), { ...env, hint: () => {} });
    expect(gained(before)).toEqual([]);
    expect(server.connections()).toBe(0);
    if (typeof made === "object" && made !== null && "close" in made && typeof made.close === "function")
      await made.close();
    await server.close();
  });
});

describe.each([...sources.values()].map((kind) => ({ name: kind.name, kind })))("source $name", ({ name, kind }) => {
  it("gives up at once when its signal fires, throws when nobody answers, and leaves nothing open", async () => {
    const server = await listening();
    await settled();
    const before = openHandles();
    const { env } = outletEnv();
    const source = kind.create(kind.options.parse(sourceOptions[name]?.(server.port)), { ...env, hint: () => {} });
    const controller = new AbortController();
    const listed = source.list(controller.signal).then(
      () => "listed",
      () => "thrown",
    );
    const begun = performance.now();
    setTimeout(() => controller.abort(new Error("stopped")), 50);
    expect(await listed).toBe("thrown");
    expect(performance.now() - begun).toBeLessThan(1000);
    await source.close();
    await until("all handles to be closed", () => gained(before).length === 0, 3000).catch(() =>
      expect(gained(before)).toEqual([]),
    );
    await server.close();
  });
});

describe.each([...outlets.values()].map((kind) => ({ name: kind.name, kind })))("outlet $name", ({ name, kind }) => {
  it("stops at once while its other side hangs, whatever was to be told, and leaves nothing open", async () => {
    const server = await listening();
    await settled();
    const before = openHandles();
    const { env, board } = outletEnv();
    board.post(viewOf("web", { a: { state: "up" }, b: { state: "down" } }));
    const { stop } = await kind.create(kind.options.parse(outletOptions[name]?.(server.port)), env).start();
    board.post(viewOf("web", { a: { state: "down" }, b: { state: "down" } }));
    await new Promise((done) => setTimeout(done, 30));
    const begun = performance.now();
    await stop("exit");
    expect(performance.now() - begun).toBeLessThan(1000);
    await until("all handles to be closed", () => gained(before).length === 0, 3000).catch(() =>
      expect(gained(before)).toEqual([]),
    );
    await server.close();
  });
});

describe.each([...registries.values()].map((kind) => ({ name: kind.name, kind })))(
  "registry driver $name",
  ({ name, kind }) => {
    it("gives up a read at once when its signal fires before it began", async () => {
      const { env } = outletEnv();
      const registry = kind.create(kind.options.parse(registryOptions[name]?.(await freePort())), env);
      const controller = new AbortController();
      controller.abort(new Error("stopped"));
      const ended = registry.read("a", "1", controller.signal).then(
        () => "read",
        (error: Error) => error.name,
      );
      expect(await ended).toMatch(/RegistryError|read/);
      await registry.close();
      expect(signal.aborted).toBe(false);
    });
  },
);
