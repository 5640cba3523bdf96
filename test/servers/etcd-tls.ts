import { readFileSync } from "node:fs";
import { get } from "node:https";
import type { EtcdServer } from "./etcd.ts";
import { freePort, start, until } from "./process.ts";

/** PEM files of a member: its clients show a certificate of the same authority. */
export interface EtcdTls {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Starts one etcd member with both APIs that speaks TLS and asks its clients for a certificate. */
export async function startSecureEtcd(tls: EtcdTls): Promise<EtcdServer> {
  const port = await freePort();
  const address = `https://127.0.0.1:${port}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const running = await start(
    [
      ...["/usr/bin/etcd", "--name", "n1", "--data-dir", "data", "--enable-v2=true", "--unsafe-no-fsync"],
      ...["--listen-client-urls", address, "--advertise-client-urls", address],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", `n1=${peer}`],
      ...["--client-cert-auth", "--trusted-ca-file", tls.ca, "--cert-file", tls.cert, "--key-file", tls.key],
      ...["--logger", "zap", "--log-level", "error"],
    ],
    { name: "etcd-tls" },
  );
  await until("etcd to be healthy", async () => (await healthOf(address, tls)).includes("true"), 20_000);
  return { ...running, address, port };
}

function healthOf(address: string, tls: EtcdTls): Promise<string> {
  const [ca, cert, key] = [tls.ca, tls.cert, tls.key].map((file) => readFileSync(file, "utf8"));
  return new Promise((done, fail) => {
    get(`${address}/health`, { ca, cert, key }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => done(text));
    }).on("error", fail);
  });
}
