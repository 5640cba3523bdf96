import { freePort, type Running, start, until } from "./process.ts";

export interface EtcdServer extends Running {
  readonly address: string;
  readonly port: number;
}

interface Member {
  readonly name: string;
  readonly client: string;
  readonly peer: string;
}

/** One member's command line; `cluster` has all of them. */
const argv = ({ name, client, peer }: Member, cluster: readonly Member[]): readonly string[] => [
  "/usr/bin/etcd",
  "--name",
  name,
  "--data-dir",
  "data",
  "--listen-client-urls",
  client,
  "--advertise-client-urls",
  client,
  "--listen-peer-urls",
  peer,
  "--initial-advertise-peer-urls",
  peer,
  "--initial-cluster",
  cluster.map((each) => `${each.name}=${each.peer}`).join(","),
  "--enable-v2=true",
  "--unsafe-no-fsync",
  "--heartbeat-interval",
  "50",
  "--election-timeout",
  "250",
  "--logger",
  "zap",
  "--log-level",
  "error",
];

const local = (port: number): string => `http://127.0.0.1:${port}`;

const healthy = (address: string): Promise<boolean> =>
  until("etcd to be healthy", async () => (await (await fetch(`${address}/health`)).text()).includes("true"), 20_000);

/** Starts one etcd member with both APIs. */
export async function startEtcd(options: { readonly port?: number; readonly dir?: string } = {}): Promise<EtcdServer> {
  const port = options.port ?? (await freePort());
  const member = { name: "n1", client: local(port), peer: local(await freePort()) };
  const dir = options.dir === undefined ? {} : { dir: options.dir };
  const running = await start(argv(member, [member]), { name: "etcd", ...dir });
  await healthy(member.client);
  return { ...running, address: member.client, port };
}

/** Starts a cluster of three. */
export async function startEtcdCluster(): Promise<readonly [EtcdServer, EtcdServer, EtcdServer]> {
  const ports = [await freePort(), await freePort(), await freePort()] as const;
  const members: Member[] = [];
  for (const [index, port] of ports.entries())
    members.push({ name: `n${index}`, client: local(port), peer: local(await freePort()) });
  const begin = async (index: 0 | 1 | 2): Promise<EtcdServer> => {
    const member = members[index];
    if (member === undefined) throw new Error("no such member");
    const running = await start(argv(member, members), { name: "etcd" });
    return { ...running, address: member.client, port: ports[index] };
  };
  const servers = await Promise.all([begin(0), begin(1), begin(2)]);
  await Promise.all(servers.map(({ address }) => healthy(address)));
  return servers;
}
