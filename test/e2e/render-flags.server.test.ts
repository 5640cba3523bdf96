import { execFileSync, spawn } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { selfSigned } from "../servers/certificates.ts";
import { type ConsulServer, startConsul } from "../servers/consul.ts";
import { type EtcdServer, startEtcd } from "../servers/etcd.ts";
import { startSecureEtcd } from "../servers/etcd-tls.ts";
import { program, type Ran, run } from "./checkd.ts";
import { runningThings, textOf, writeFiles } from "./render-rig.ts";

const things = runningThings();
let consul: ConsulServer;
let etcd: EtcdServer;
let secure: EtcdServer;
let dir: string;
let dest: string;
let pem: { readonly ca: string; readonly cert: string; readonly key: string };

const etcdctl = (server: EtcdServer, ...args: readonly string[]): void => {
  const tls = server === secure ? ["--cacert", pem.ca, "--cert", pem.cert, "--key", pem.key] : [];
  execFileSync("/usr/bin/etcdctl", ["--endpoints", server.address, ...tls, ...args], {
    env: { ...process.env, ETCDCTL_API: "3" },
    stdio: "pipe",
  });
};

beforeAll(async () => {
  dir = things.folder("flags");
  dest = join(dir, "out.cfg");
  const own = selfSigned(["DNS:localhost", "IP:127.0.0.1"]);
  pem = { ca: join(dir, "cert.pem"), cert: join(dir, "cert.pem"), key: join(dir, "key.pem") };
  writeFiles(dir, {
    "conf.d/a.toml": `[template]\nsrc = "t"\ndest = "${dest}"\nkeys = ["/app/name"]\n`,
    "templates/t": '{{getv "/app/name"}}\n',
    "cert.pem": own.cert,
    "key.pem": own.key,
  });
  consul = things.keep(await startConsul());
  etcd = things.keep(await startEtcd());
  secure = things.keep(await startSecureEtcd(pem));
  await consul.put("app/name", "consul");
  etcdctl(etcd, "put", "/app/name", "etcd");
  etcdctl(secure, "put", "/app/name", "secure");
}, 60_000);
afterAll(() => things.stop());

function renderOnce(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const argv = ["render", "-onetime", "-confdir", dir, "-shrink-guard=off", ...args];
  return run(argv, { env: { CHECKD_STATE_DIR: join(dir, "state"), ...env } });
}

describe("an etcd with TLS that asks for a certificate", () => {
  const pair = () => ["-client-cert", pem.cert, "-client-key", pem.key];
  const reached: readonly (readonly [string, () => readonly string[]])[] = [
    ["etcdv3 by https://", () => ["-backend", "etcdv3", "-node", secure.address, "-client-ca-keys", pem.ca, ...pair()]],
    [
      "etcdv3 by its bare address",
      () => ["-backend", "etcdv3", "-node", `127.0.0.1:${secure.port}`, "-client-ca-keys", pem.ca, ...pair()],
    ],
    [
      "etcdv3 by -scheme",
      () => [
        "-backend",
        "etcdv3",
        "-scheme",
        "https",
        "-node",
        `127.0.0.1:${secure.port}`,
        "-client-ca-keys",
        pem.ca,
        ...pair(),
      ],
    ],
  ];
  it.each(reached)("is reached with %s", async (_, args) => {
    writeFileSync(dest, "old\n");
    const { code, stderr } = await renderOnce(args());
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(textOf(dest)).toBe("secure\n");
  });

  it("is reached by variables of confd's", async () => {
    writeFileSync(dest, "old\n");
    const env = { CONFD_CLIENT_CAKEYS: pem.ca, CONFD_CLIENT_CERT: pem.cert, CONFD_CLIENT_KEY: pem.key };
    expect((await renderOnce(["-backend", "etcdv3", "-node", secure.address], env)).code).toBe(0);
    expect(textOf(dest)).toBe("secure\n");
  });

  const refused: readonly (readonly [string, () => readonly string[], number])[] = [
    ["without a certificate", () => ["-client-ca-keys", pem.ca], 1],
    ["without its authority", () => pair(), 1],
    ["with half a pair", () => ["-client-ca-keys", pem.ca, "-client-cert", pem.cert], 1],
    ["with -client-insecure", () => ["-client-insecure", ...pair()], 2],
  ];
  it.each(refused)("is not read %s: the file stays", async (_, args, expected) => {
    writeFileSync(dest, "old\n");
    expect((await renderOnce(["-backend", "etcdv3", "-node", secure.address, ...args()])).code).toBe(expected);
    expect(textOf(dest)).toBe("old\n");
  });

  it("answers the v2 API too, also unverified", async () => {
    const v2 = (args: readonly string[]): Promise<Ran> =>
      renderOnce(["-backend", "etcd", "-node", secure.address, ...pair(), ...args]);
    // Nothing was written through this API.
    const missing = expect.stringContaining("100: Key not found (/app)");
    expect(await v2(["-client-ca-keys", pem.ca])).toMatchObject({ code: 1, stderr: missing });
    expect(await v2(["-client-insecure"])).toMatchObject({ code: 1, stderr: missing });
    expect((await v2([])).stderr).toContain("self-signed certificate");
  });
});

const NAME_SERVER = "127.0.53.1";

/** One SRV record for each name asked for, from a name service of the test's own. */
async function startNames(portOf: (name: string) => number | undefined): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => socket.send(answerTo(query, portOf), from.port, from.address));
  socket.bind(53, NAME_SERVER);
  await once(socket, "listening");
  return socket;
}

function answerTo(query: Buffer, portOf: (name: string) => number | undefined): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  const port = portOf(labels.join("."));
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(port === undefined ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(port === undefined ? 0 : 1, 6);
  head.writeUInt32BE(0, 8);
  const question = query.subarray(12, at + 5);
  if (port === undefined) return Buffer.concat([head, question]);
  const data = Buffer.concat([Buffer.alloc(6), Buffer.from("\x09localhost\0")]);
  for (const [i, number] of [10, 20, port].entries()) data.writeUInt16BE(number, 2 * i);
  return Buffer.concat([head, question, Buffer.from([0xc0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, data.length]), data]);
}

describe("nodes named by SRV records", () => {
  let names: Socket;
  beforeAll(async () => {
    const ports: Readonly<Record<string, () => number>> = {
      "_consul._tcp.example.com": () => consul.port,
      "_etcdv3._tcp.example.com": () => etcd.port,
      "_other._tcp.example.com": () => etcd.port,
    };
    names = await startNames((name) => ports[name]?.());
    writeFileSync(join(dir, "resolv.conf"), `nameserver ${NAME_SERVER}\noptions timeout:1 attempts:1\n`);
  });
  afterAll(() => names.close());

  // In a mount namespace of its own the machine's name service is ours.
  async function withNames(
    args: readonly string[],
  ): Promise<{ readonly code: number | null; readonly stderr: string }> {
    const script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';
    const argv = ["render", "-onetime", "-confdir", dir, "-shrink-guard=off", ...args];
    const words = ["-m", "sh", "-c", script, "sh", join(dir, "resolv.conf"), process.execPath, program(), ...argv];
    const child = spawn("unshare", words, { env: { ...process.env, CHECKD_STATE_DIR: join(dir, "state") } });
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const [code] = await once(child, "close");
    return { code: Number(code), stderr };
  }

  it.each([
    [["-backend", "consul", "-srv-domain", "example.com"], "_consul._tcp.example.com.", "consul"],
    [["-backend", "etcdv3", "-srv-domain", "example.com"], "_etcdv3._tcp.example.com.", "etcd"],
    [
      ["-backend", "etcdv3", "-srv-record", "_other._tcp.example.com", "-node", "127.0.0.1:1"],
      "_other._tcp.example.com",
      "etcd",
    ],
  ])("%j are found", async (args, record, value) => {
    writeFileSync(dest, "old\n");
    const { code, stderr } = await withNames(args);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain(`INFO SRV record set to ${record}\n`);
    expect(stderr).toMatch(/INFO Backend source\(s\) set to localhost:\d+\n/);
    expect(textOf(dest)).toBe(`${value}\n`);
  });

  it("that is not there ends the program, and says so", async () => {
    const { code, stderr } = await withNames(["-backend", "consul", "-srv-domain", "example.org"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/FATAL Cannot get nodes from SRV records .*_consul\._tcp\.example\.org/);
  });
});
