import { z } from "zod";
import { duration, secret } from "../config/options.ts";
import { defineRegistry } from "../contract.ts";
import { EtcdV2Registry } from "./etcd/v2.ts";
import { EtcdRegistry } from "./etcd/v3.ts";
import { pemOf, tlsOptions } from "./tls.ts";

const withScheme = (host: string): string => (/^https?:\/\//.test(host) ? host : `http://${host}`);

const options = z.strictObject({
  address: z
    .union([z.string(), z.array(z.string()).min(1)])
    .transform((given) => (Array.isArray(given) ? given : given.split(",")).map((host) => withScheme(host.trim())))
    .refine(
      (hosts) => hosts.every((host) => URL.canParse(host)),
      "write http://host:port, several with commas or as a list",
    )
    .prefault("127.0.0.1:2379")
    .describe(
      "members to ask, `http://host:port` or `host:port`, several with commas or as a list; default 127.0.0.1:2379",
    ),
  api: z
    .enum(["v2", "v3"])
    .default("v3")
    .describe("which API: v3, or v2 for the clusters of old; their keys are separate; default v3"),
  timeout: duration().prefault("5s").describe("longest wait for an answer; default 5s"),
  username: z.string().optional().describe("user, where authentication is on; default none"),
  password: secret().optional().describe("password of that user; default none"),
  tls: tlsOptions().optional(),
});

/** etcd: v3 with transactions and leases, or the v2 API by plain HTTP. */
export const etcd = defineRegistry({
  name: "etcd",
  summary: "etcd, API v3 or v2",
  options,
  facts: {},
  create: ({ address, api, timeout, username, password, tls }, { clock }) => {
    const settings = {
      hosts: address,
      timeoutMs: timeout,
      username,
      password,
      tls: tls === undefined ? undefined : pemOf(tls),
    };
    return api === "v2" ? new EtcdV2Registry(settings, clock) : new EtcdRegistry(settings, clock);
  },
});
