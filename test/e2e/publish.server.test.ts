import { rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { afterAll, describe, expect, it } from "vitest";
import { type ConsulServer, startConsul } from "../servers/consul.ts";
import { freePort, sleep, tempDir, until } from "../servers/process.ts";
import { type Checkd, startCheckd } from "./checkd.ts";
import { addressIn, type ConsulProxy, startProxy, stays } from "./classic-programs.ts";

const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
const keep = <T extends { stop(): Promise<unknown> }>(made: T): T => {
  stops.push(() => made.stop());
  return made;
};

function stateDir(): string {
  const dir = tempDir("state");
  stops.push(async () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** A server that only accepts connections, as long as it is open. */
interface Door {
  readonly port: number;
  readonly address: string;
  open(): Promise<void>;
  close(): Promise<void>;
  stop(): Promise<void>;
}

async function door(): Promise<Door> {
  const port = await freePort();
  let server: Server | null = null;
  const made: Door = {
    port,
    address: `127.0.0.1:${port}`,
    open: () =>
      new Promise((done) => {
        server = createServer((socket) => socket.on("error", () => {}).destroy()).listen(port, "127.0.0.1", done);
      }),
    close: () => new Promise((done) => (server === null ? done() : server.close(() => done()))),
    stop: () => made.close(),
  };
  await made.open();
  return keep(made);
}

const doors = (count: number): Promise<Door[]> => Promise.all(Array.from({ length: count }, door));

const config = (
  port: number,
  targets: Readonly<Record<string, Door>>,
  publish: unknown,
  more: object = {},
): object => ({
  registries: { main: { driver: "consul", address: `127.0.0.1:${port}` } },
  pools: {
    web: {
      check: { type: "tcp", every: "400ms", fast: "100ms", timeout: "500ms" },
      targets: Object.fromEntries(Object.entries(targets).map(([name, { address }]) => [name, address])),
      publish,
    },
  },
  ...more,
});

/** When a daemon logged that the target at this address went down, in milliseconds. */
function downAt(daemon: Checkd, name: string): number {
  const lines = daemon.output().split("\n");
  const line = lines.filter((each) => each.includes(` web/${name}: `) && /-> down/.test(each)).at(-1);
  return Date.parse(line?.split(" ")[0] ?? "");
}

interface Item {
  readonly Key: string;
  readonly Value: string;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}

async function items(consul: ConsulServer, prefix: string): Promise<readonly Item[]> {
  const { status, text } = await consul.api("GET", `/kv/${prefix}?recurse`);
  return status === 404 ? [] : (JSON.parse(text) as Item[]);
}

describe.concurrent("several daemons that publish one current value", () => {
  const KEY = "haproxy/web/current";

  it("keep one value, written once, whichever each of them would choose; one that dies is not missed", async () => {
    const consul = keep(await startConsul());
    const [a, b, c] = (await doors(3)) as [Door, Door, Door];
    const publish = { registry: "main", layout: "current", key: KEY };
    const wishes: readonly Record<string, Door>[] = [
      { w1: a, w2: b, w3: c },
      { w1: b, w2: c, w3: a },
      { w1: c, w2: a, w3: b },
    ];
    const daemons = await Promise.all(wishes.map((targets) => startCheckd(config(consul.port, targets, publish))));
    for (const daemon of daemons) keep(daemon);
    const get = (): Promise<string | null> => consul.get(KEY);
    await until("the value", get);
    await sleep(1500);
    const [item] = await items(consul, KEY);
    expect(item?.ModifyIndex).toBe(item?.CreateIndex);

    const writer = daemons.findIndex((daemon) => daemon.output().includes("is published"));
    const [dead] = daemons.splice(writer, 1);
    const left = wishes.filter((_, index) => index !== writer);
    dead?.signal("SIGKILL");
    await dead?.exited;
    const gone = [a, b, c].find(({ address }) => address === addressIn(item === undefined ? null : text(item)));
    if (gone === undefined) throw new Error("the value names none of the servers");
    await gone.close();
    const seen = await until(
      "another value",
      async () => {
        const now = addressIn(await get());
        return now !== gone.address && [a, b, c].some(({ address }) => address === now) ? Date.now() : 0;
      },
      10_000,
      5,
    );
    const verdicts = daemons.map((daemon, index) =>
      downAt(daemon, Object.entries(left[index] ?? {}).find(([, each]) => each === gone)?.[0] ?? ""),
    );
    expect(seen - Math.min(...verdicts.filter((each) => !Number.isNaN(each)))).toBeLessThan(1000);
    await sleep(1000);
    const [after] = await items(consul, KEY);
    expect(after?.ModifyIndex).toBeGreaterThan(item?.ModifyIndex ?? 0);
    await gone.open();

    const other = [a, b, c].find(
      ({ address }) => after !== undefined && address !== addressIn(text(after)) && address !== gone.address,
    );
    const byHand = JSON.stringify({ name: "web", host: "127.0.0.1", port: other?.port });
    await consul.put(KEY, byHand);
    await stays("what an operator chose", 2000, get, byHand);
  });
});

const text = ({ Value }: Item): string => Buffer.from(Value, "base64").toString();

describe.concurrent("several daemons that publish members and fields under a lock", () => {
  /** Who wrote below `services/`, in the order of the writes. */
  const writers = (proxies: readonly ConsulProxy[]): readonly number[] =>
    proxies
      .flatMap((proxy, index) =>
        proxy.requests
          .filter(({ method, body }) => method === "PUT" && body.includes('"services/'))
          .map(({ at }) => ({ at, index })),
      )
      .sort((one, two) => one.at - two.at)
      .map(({ index }) => index);
  const turns = (order: readonly number[]): readonly number[] => order.filter((who, i) => who !== order[i - 1]);

  it("have one writer at a time; one that stops hands over at once, one that dies within Consul's time", async () => {
    const consul = keep(await startConsul());
    const [a, b, c] = (await doors(3)) as [Door, Door, Door];
    const proxies = await Promise.all([1, 2, 3].map(() => startProxy(consul.port)));
    for (const proxy of proxies) keep(proxy);
    const publish = [
      { registry: "main", layout: "members", key: "services/members/{name}" },
      { registry: "main", layout: "fields", key: "services/fields/{name}" },
    ];
    const daemons = await Promise.all(
      proxies.map(({ port }) => startCheckd(config(port, { w1: a, w2: b, w3: c }, publish))),
    );
    for (const daemon of daemons) keep(daemon);
    const keys = async (): Promise<string> => (await items(consul, "services/")).map(({ Key }) => Key).join(" ");
    const names = (...up: readonly string[]): string =>
      [
        ...up.flatMap((name) => [`services/fields/${name}/ip`, `services/fields/${name}/port`]),
        ...up.map((name) => `services/members/${name}`),
      ].join(" ");
    const all = names("w1", "w2", "w3");
    await until("all keys", async () => (await keys()) === all);
    expect(text((await items(consul, "services/members/w1"))[0] as Item)).toBe(a.address);

    // One daemon may hold one lock and another the other: each publication is followed for itself.
    const holder = async (layout: string): Promise<number> => {
      const lock = (await items(consul, "checkd/lock/")).find(({ Key }) => Key.includes(`publish-${layout}`));
      const pid = Number(/pid (\d+)/.exec(lock === undefined ? "" : text(lock))?.[1]);
      return daemons.findIndex((daemon) => daemon.pid === pid);
    };
    const first = await holder("members");
    expect(first).toBeGreaterThanOrEqual(0);
    await b.close();
    await until("the keys of what failed to go", async () => (await keys()) === names("w1", "w3"), 10_000);

    const stopped = Date.now();
    await daemons[first]?.stop();
    const second = await until("another writer", async () => {
      const index = await holder("members");
      return index >= 0 && index !== first ? index + 1 : 0;
    }).then((found) => found - 1);
    expect(Date.now() - stopped).toBeLessThan(5000);
    await b.open();
    await until("all keys again", async () => (await keys()) === all);

    daemons[second]?.signal("SIGKILL");
    const killed = Date.now();
    await c.close();
    const third = await until(
      "the last one to write",
      async () => {
        const index = await holder("members");
        return index >= 0 && index !== second ? index + 1 : 0;
      },
      40_000,
    ).then((found) => found - 1);
    const tookOver = Date.now() - killed;
    await until("the keys of what failed to go", async () => (await keys()) === names("w1", "w2"), 40_000);
    expect(third).not.toBe(first);
    // Consul ends a session between one and two TTLs of 10 s after its last sign of life, which was up to 3.3 s ago.
    expect(tookOver).toBeGreaterThan(6000);
    expect(tookOver).toBeLessThan(30_000);
    for (const layout of ["members", "fields"]) {
      const own = proxies.map((proxy) => ({
        ...proxy,
        requests: proxy.requests.filter(({ body }) => body.includes(`"services/${layout}/`)),
      }));
      const taken = turns(writers(own));
      expect(new Set(taken).size, `${layout}: ${taken.join(" ")}`).toBe(taken.length);
    }
  });
});

describe.concurrent("a catalog of services", () => {
  it("shows only what is up while one server after the other fails, all of it over a restart, nothing when checkd is gone", async () => {
    const consul = keep(await startConsul());
    const [a, b, c] = (await doors(3)) as [Door, Door, Door];
    const targets = { w1: a, w2: b, w3: c };
    const given = config(
      consul.port,
      targets,
      { registry: "main", layout: "service", service: "shop", ttl: "6s" },
      {
        state_dir: stateDir(),
      },
    );
    const passing = async (): Promise<readonly string[]> => {
      const { text: answer } = await consul.api("GET", "/health/service/shop?passing");
      return (JSON.parse(answer) as { Service: { ID: string } }[]).map(({ Service }) => Service.ID).sort();
    };
    let daemon = await startCheckd(given);
    await until("all to pass", async () => (await passing()).length === 3);
    const samples: { readonly at: number; readonly ids: readonly string[] }[] = [];
    let sampling = true;
    const sampled = (async () => {
      while (sampling) {
        const at = Date.now();
        samples.push({ at, ids: await passing() });
        await sleep(10);
      }
    })();
    for (const [name, each] of Object.entries(targets)) {
      await each.close();
      await until(`${name} to be out`, async () => !(await passing()).includes(`web-${name}`));
      const verdict = downAt(daemon, name);
      await sleep(100);
      const late = samples.filter(({ at, ids }) => at > verdict + 1000 && ids.includes(`web-${name}`));
      expect(late).toEqual([]);
      await each.open();
      await until(`${name} to be back`, async () => (await passing()).includes(`web-${name}`));
    }
    expect(Math.min(...samples.map(({ ids }) => ids.length))).toBe(2);

    const before = samples.length;
    await daemon.stop();
    daemon = keep(await startCheckd(given));
    await sleep(3000);
    expect(Math.min(...samples.slice(before).map(({ ids }) => ids.length))).toBe(3);
    sampling = false;
    await sampled;

    daemon.signal("SIGKILL");
    const gone = await until("Consul to call them critical", async () => (await passing()).length === 0, 15_000);
    expect(gone).toBe(true);
    const { text: health } = await consul.api("GET", "/health/service/shop");
    expect(health).toContain("TTL expired");
  });
});

describe.concurrent("publications at rest", () => {
  it("write nothing and wait for news with one question a registry", async () => {
    const consul = keep(await startConsul());
    const proxy = keep(await startProxy(consul.port));
    const [a, b] = (await doors(2)) as [Door, Door];
    const publish = [
      { registry: "main", layout: "current", key: "haproxy/web/current" },
      { registry: "main", layout: "current", key: "haproxy/web/again", values: { ip: "{host}", port: "{port}" } },
      { registry: "main", layout: "members", key: "haproxy/web/members/{name}" },
      { registry: "main", layout: "pool", key: "haproxy/web/pool" },
    ];
    keep(await startCheckd(config(proxy.port, { w1: a, w2: b }, publish)));
    await until("all keys", async () => (await items(consul, "haproxy/")).length === 6);
    const atRest = ({ requests, waiting }: ConsulProxy, questions: number): boolean =>
      waiting() === questions && Date.now() - (requests.at(-1)?.at ?? 0) > 1000;
    await until("the questions to settle", () => atRest(proxy, 1));
    const from = proxy.requests.length;
    await sleep(4000);
    const asked = proxy.requests.slice(from);
    expect(proxy.waiting()).toBe(1);
    // A session is renewed in Consul's memory: that is no write.
    expect(asked.filter(({ path }) => !path.startsWith("/v1/session/renew/")).map(({ path }) => path)).toEqual([]);

    // Who stands by for several locks waits for all of them with one question more.
    const standby = keep(await startProxy(consul.port));
    keep(await startCheckd(config(standby.port, { w1: a, w2: b }, publish)));
    await until("the questions to settle", () => atRest(standby, 2));
    const later = standby.requests.length;
    await sleep(2000);
    expect(standby.waiting()).toBe(2);
    const more = standby.requests.slice(later).filter(({ path }) => !path.startsWith("/v1/session/renew/"));
    expect(more.map(({ path }) => path)).toEqual([]);
  });
});
