// confd's backends by its flags. Drivers are opened directly: a program that renders one file and ends has no time for
// the configuration's schemas.
import { readFileSync } from "node:fs";
import type { Clock, RegistryReader, Secret } from "../../contract.ts";
import { compileGlob } from "../functions/glob.ts";
import { toBytes } from "../gotemplate/bytes.ts";

/** The backends of `checkd render`. */
export const BACKENDS = ["consul", "etcd", "etcdv3", "zookeeper", "env", "file"] as const;
export type Backend = (typeof BACKENDS)[number];

/** How a backend is reached; "" says nothing. */
export interface BackendOptions {
  readonly backend: Backend;
  readonly nodes: readonly string[];
  readonly scheme: string;
  readonly username: string;
  readonly password: Secret | undefined;
  /** Consul's. */
  readonly token: Secret | undefined;
  /** Files in PEM. */
  readonly clientCert: string;
  readonly clientKey: string;
  readonly clientCaKeys: string;
  readonly insecure: boolean;
  readonly files: readonly string[];
  /** Which files of a folder are read, as a pattern of their names. */
  readonly filter: string;
}

const TIMEOUT_MS = 5000;
const SESSION_MS = 10_000;

type Tls = { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly verify: boolean };

const pem = <Name extends string>(name: Name, file: string): Partial<Record<Name, string>> =>
  file === "" ? {} : ({ [name]: readFileSync(file, "utf8") } as Record<Name, string>);

function tlsOf({ clientCert, clientKey, clientCaKeys, insecure }: BackendOptions): Tls | undefined {
  // As confd: one without the other is none.
  const ours = clientCert !== "" && clientKey !== "";
  if (!ours && clientCaKeys === "" && !insecure) return undefined;
  const pair = ours ? { ...pem("cert", clientCert), ...pem("key", clientKey) } : {};
  return { ...pem("ca", clientCaKeys), ...pair, verify: !insecure };
}

const withScheme = (node: string, scheme: string): string => (/^https?:\/\//.test(node) ? node : `${scheme}://${node}`);

const given = (text: string): string | undefined => (text === "" ? undefined : text);

/** Where keys are read from when no node is given. */
export function defaultNodes(backend: Backend, env: NodeJS.ProcessEnv): readonly string[] {
  switch (backend) {
    case "consul":
      return [given(env.CONSUL_HTTP_ADDR ?? "") ?? "127.0.0.1:8500"];
    case "etcd":
      return env.ETCDCTL_PEERS ? env.ETCDCTL_PEERS.split(",") : ["http://127.0.0.1:4001"];
    case "etcdv3":
      return ["127.0.0.1:2379"];
    case "zookeeper":
      return ["127.0.0.1:2181"];
    case "env":
    case "file":
      return [];
    default:
      return backend satisfies never;
  }
}

/** Opens nothing yet: a driver connects when it is first asked. */
export function openBackend(options: BackendOptions, clock: Clock): Promise<RegistryReader> {
  switch (options.backend) {
    case "consul":
      return openConsul(options, clock);
    case "etcd":
    case "etcdv3":
      return openEtcd(options, clock);
    case "zookeeper":
      return openZooKeeper(options, clock);
    case "env":
      return openEnvironment();
    case "file":
      return openFiles(options);
    default:
      return options.backend satisfies never;
  }
}

/** Consul uses the first node only. */
async function openConsul(options: BackendOptions, clock: Clock): Promise<RegistryReader> {
  const { ConsulRegistry } = await import("../../registry/consul/index.ts");
  const { nodes, scheme, token, username, password } = options;
  const settings = {
    address: withScheme(nodes[0] ?? "", scheme),
    consistency: "default" as const,
    timeoutMs: TIMEOUT_MS,
    token,
    datacenter: undefined,
    username: given(username),
    password,
    tls: tlsOf(options),
  };
  return new ConsulRegistry(settings, clock);
}

async function openEtcd(options: BackendOptions, clock: Clock): Promise<RegistryReader> {
  const { backend, nodes, scheme, username, password } = options;
  const hosts = nodes.map((node) => withScheme(node, scheme));
  const settings = { hosts, timeoutMs: TIMEOUT_MS, username: given(username), password, tls: tlsOf(options) };
  if (backend === "etcd") {
    const { EtcdV2Registry } = await import("../../registry/etcd/v2.ts");
    return new EtcdV2Registry(settings, clock);
  }
  const { EtcdRegistry } = await import("../../registry/etcd/v3.ts");
  return new EtcdRegistry(settings, clock);
}

async function openZooKeeper({ nodes, username, password }: BackendOptions, clock: Clock): Promise<RegistryReader> {
  const { ZooKeeperRegistry } = await import("../../registry/zookeeper/index.ts");
  const login = { username: given(username), password };
  const limits = { timeoutMs: TIMEOUT_MS, sessionTimeoutMs: SESSION_MS, acl: "open" } as const;
  return new ZooKeeperRegistry({ address: nodes.join(","), ...login, ...limits }, clock);
}

async function openEnvironment(): Promise<RegistryReader> {
  const { environmentReader, exactEnvironment } = await import("../../registry/environment.ts");
  return environmentReader(exactEnvironment(process.env));
}

async function openFiles({ files, filter }: BackendOptions): Promise<RegistryReader> {
  const { FileReader } = await import("../../registry/file/reader.ts");
  const glob = compileGlob(toBytes(filter));
  return new FileReader({ paths: files, accepts: (name) => glob?.matches(toBytes(name)) ?? false, dialect: "confd" });
}
