import { freePort, type Running, start, until } from "./process.ts";

export interface EtcdServer extends Running {
  readonly address: string;
  readonly port: number;
}

/** Starts one etcd member with both APIs. */
export async function startEtcd(options: { readonly port?: number; readonly dir?: string } = {}): Promise<EtcdServer> {
  const port = options.port ?? (await freePort());
  const address = `http://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const running = await start(
    [
      "/usr/bin/etcd",
      "--name",
      "n1",
      "--data-dir",
      "data",
      "--listen-client-urls",
      address,
      "--advertise-client-urls",
      address,
      "--listen-peer-urls",
      peer,
      "--initial-advertise-peer-urls",
      peer,
      "--initial-cluster",
      `n1=${peer}`,
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
    ],
    { name: "etcd", ...(options.dir === undefined ? {} : { dir: options.dir }) },
  );
  await until(
    "etcd to be healthy",
    async () => (await (await fetch(`${address}/health`)).text()).includes("true"),
    20_000,
  );
  return { ...running, address, port };
}
