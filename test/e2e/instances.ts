// Applications that register themselves, and clients that use them through HAProxy.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Etcd3 } from "etcd3";
import { CreateMode, createClient } from "node-zookeeper-client";
import type { ConsulServer } from "../servers/consul.ts";
import { type Nginx, startNginx } from "../servers/nginx.ts";

/** Where applications register themselves. */
export interface Registrations {
  /** Registers an instance of an application; resolves when the registry has it. */
  add(app: string, id: string, value: string): Promise<void>;
  remove(app: string, id: string): Promise<void>;
  close(): Promise<void>;
}

/** ZooKeeper as applications use it: ephemeral nodes of one session. */
export async function zooKeeperRegistrations(
  address: string,
  pathOf: (app: string) => string,
  sessionTimeout = 5000,
): Promise<Registrations> {
  const client = createClient(address, { sessionTimeout, spinDelay: 50 });
  await new Promise<void>((done) => {
    client.once("connected", () => done());
    client.connect();
  });
  const made = new Set<string>();
  const call = <T>(ask: (done: (error: unknown, value?: T) => void) => void): Promise<T | undefined> =>
    new Promise((done, fail) => ask((error, value) => (error ? fail(error) : done(value))));
  return {
    async add(app, id, value) {
      const path = pathOf(app);
      if (!made.has(path)) await call((done) => client.mkdirp(path, done));
      made.add(path);
      await call((done) => client.create(`${path}/${id}`, Buffer.from(value), CreateMode.EPHEMERAL, done));
    },
    remove: async (app, id) =>
      void (await call((done) => client.remove(`${pathOf(app)}/${id}`, (error) => done(error)))),
    close: async () => client.close(),
  };
}

/** etcd as applications use it: keys under one lease. */
export async function etcdRegistrations(address: string, pathOf: (app: string) => string): Promise<Registrations> {
  const client = new Etcd3({ hosts: address });
  const lease = client.lease(5);
  const keyOf = (app: string, id: string): string => `${pathOf(app)}/${id}`;
  return {
    add: async (app, id, value) => void (await lease.put(keyOf(app, id)).value(value)),
    remove: async (app, id) => void (await client.delete().key(keyOf(app, id))),
    async close() {
      await lease.revoke();
      client.close();
    },
  };
}

/** Keys of Consul's KV store. */
export function consulRegistrations(consul: ConsulServer, pathOf: (app: string) => string): Registrations {
  return {
    add: (app, id, value) => consul.put(`${pathOf(app)}/${id}`, value),
    remove: async (app, id) => void (await consul.api("DELETE", `/kv/${pathOf(app)}/${id}`)),
    close: async () => {},
  };
}

/** Services of Consul's catalog, whose checks pass. */
export function catalogRegistrations(consul: ConsulServer): Registrations {
  return {
    async add(app, id, value) {
      const [address, port] = value.split(":");
      const check = { TTL: "10m", Status: "passing" };
      const service = { ID: id, Name: app, Address: address, Port: Number(port), Check: check };
      const { status, text } = await consul.api("PUT", "/agent/service/register", JSON.stringify(service));
      if (status !== 200) throw new Error(`Consul refuses a service: ${text}`);
    },
    remove: async (_app, id) => void (await consul.api("PUT", `/agent/service/deregister/${id}`)),
    close: async () => {},
  };
}

/** An instance: an nginx with a page that says who it is, a probe page, and a file that takes long. */
export interface Instance {
  readonly name: string;
  readonly port: number;
  readonly nginx: () => Nginx;
  /** Ends the process and starts it again on its port. */
  restart(between?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

const BIG = 900_000;
const big = Buffer.alloc(BIG, "0123456789");
/** What a whole download must come to. */
export const BIG_DIGEST = createHash("sha1").update(big).digest("hex");

const locations = (name: string): string =>
  [
    `location = /who { return 200 "${name}"; }`,
    `location ~ /who$ { return 200 "${name}"; }`,
    'location ~ /probe.jsp$ { return 200 "ok"; }',
    "location = /big { limit_rate 400k; }",
  ].join("\n    ");

/** Starts an instance; nobody knows of it yet. */
export async function startInstance(name: string, port?: number): Promise<Instance> {
  const launch = async (at?: number): Promise<Nginx> => {
    const made = await startNginx({ content: name, extra: locations(name), ...(at === undefined ? {} : { port: at }) });
    writeFileSync(join(made.root, "big"), big);
    return made;
  };
  let nginx = await launch(port);
  const fixed = nginx.port;
  return {
    name,
    port: fixed,
    nginx: () => nginx,
    async restart(between = async () => {}) {
      await nginx.stop();
      await between();
      nginx = await launch(fixed);
    },
    stop: () => nginx.stop(),
  };
}

/** One answer, read whole; status 0: none. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** Asks once. */
export function ask(port: number, path: string, agent?: Agent): Promise<Answer> {
  return new Promise((done) => {
    const none = (): void => done({ status: 0, body: Buffer.alloc(0) });
    const read = (answer: IncomingMessage): void => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () =>
        done({ status: answer.complete ? (answer.statusCode ?? 0) : 0, body: Buffer.concat(chunks) }),
      );
      answer.on("error", none);
      answer.on("aborted", none);
    };
    const request = get({ host: "127.0.0.1", port, path, ...(agent === undefined ? {} : { agent }) }, read);
    request.on("error", none);
    request.setTimeout(20_000, () => request.destroy());
  });
}

/** Which instance answers; empty when none does. */
export async function who(port: number, path = "/who"): Promise<string> {
  const { status, body } = await ask(port, path);
  return status === 200 ? body.toString() : "";
}

/** Everybody who answers now, by asking so many times. */
export async function everybody(port: number, times = 30, path = "/who"): Promise<string[]> {
  const names = new Set<string>();
  for (let at = 0; at < times; at += 1) names.add(await who(port, path));
  return [...names].sort();
}

/** Asks again and again over several connections; counts what failed, and when. */
export function startLoad(port: number, paths: readonly string[], connections = 8) {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const failures: { readonly at: number; readonly status: number }[] = [];
  let requests = 0;
  let ended = false;
  const loop = async (index: number): Promise<void> => {
    for (let at = index; !ended; at += 1) {
      const { status } = await ask(port, paths[at % paths.length] ?? "/who", agent);
      requests += 1;
      if (status !== 200) failures.push({ at: performance.now(), status });
      await pause(2);
    }
  };
  const loops = Array.from({ length: connections }, (_, index) => loop(index));
  return {
    requests: () => requests,
    failures,
    async stop(): Promise<void> {
      ended = true;
      await Promise.all(loops);
      agent.destroy();
    },
  };
}

/** Downloads a file that takes seconds; gives its digest, or why it broke. */
export async function download(port: number): Promise<string> {
  const { status, body } = await ask(port, "/big");
  return status === 200 ? createHash("sha1").update(body).digest("hex") : `status ${status} after ${body.length} bytes`;
}
