import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackedCommand } from "../../scripts/servers.mjs";
import { freePort, type Running, start, tempDir, until } from "./process.ts";

/** The management token of a Consul with ACLs. */
export const MASTER_TOKEN = "b1gs33cr-0000-4000-8000-000000000001";

export interface ConsulServer extends Running {
  readonly address: string;
  readonly port: number;
  /** Raw API call with the management token; body is sent as it is. */
  api(method: string, path: string, body?: string, token?: string): Promise<{ status: number; text: string }>;
  /** Value of a key, null when there is none. */
  get(key: string): Promise<string | null>;
  put(key: string, value: string): Promise<void>;
}

/** Starts a Consul agent in development mode: one node, all in memory. `port` restarts on a known one, empty. */
export async function startConsul(
  options: { readonly acl?: boolean; readonly port?: number } = {},
): Promise<ConsulServer> {
  const dir = tempDir("consul");
  const port = options.port ?? (await freePort());
  const [serverPort, lanPort] = [await freePort(), await freePort()];
  mkdirSync(dir, { recursive: true });
  const config = join(dir, "acl.json");
  const acl = { enabled: true, default_policy: "deny", tokens: { master: MASTER_TOKEN } };
  writeFileSync(config, JSON.stringify(options.acl === true ? { acl } : {}));
  const running = await start(
    [
      ...unpackedCommand("consul"),
      "agent",
      "-dev",
      "-node=n1",
      "-bind=127.0.0.1",
      "-client=127.0.0.1",
      `-http-port=${port}`,
      "-dns-port=-1",
      "-grpc-port=-1",
      `-server-port=${serverPort}`,
      `-serf-lan-port=${lanPort}`,
      "-serf-wan-port=-1",
      "-disable-host-node-id",
      "-log-level=warn",
      `-config-file=${config}`,
    ],
    { name: "consul", dir },
  );
  const api = async (method: string, path: string, body?: string, token = options.acl === true ? MASTER_TOKEN : "") => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      headers: token === "" ? {} : { "x-consul-token": token },
      signal: deadline(5000),
    });
    return { status: answer.status, text: await answer.text() };
  };
  await until(
    "consul to accept writes",
    async () => (await api("PUT", "/kv/checkd-test-ready", "1")).text.trim() === "true",
    20_000,
  );
  await api("DELETE", "/kv/checkd-test-ready");
  return {
    ...running,
    port,
    address: `http://127.0.0.1:${port}`,
    api,
    async get(key) {
      const { status, text } = await api("GET", `/kv/${key}?raw`);
      return status === 404 ? null : text;
    },
    async put(key, value) {
      await api("PUT", `/kv/${key}`, value);
    },
  };
}

function deadline(ms: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(new Error("the server did not answer")), ms).unref();
  return controller.signal;
}
