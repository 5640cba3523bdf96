import { z } from "zod";
import { duration, secret } from "../config/options.ts";
import { defineRegistry } from "../contract.ts";
import { ConsulRegistry } from "./consul/index.ts";
import { pemOf, tlsOptions } from "./tls.ts";

const options = z.strictObject({
  address: z
    .string()
    .transform((text) => (/^https?:\/\//.test(text) ? text : `http://${text}`))
    .refine((text) => URL.canParse(text), "write http://host:port")
    .prefault("127.0.0.1:8500")
    .describe("where Consul's HTTP API answers, `http://host:port` or `host:port`; default 127.0.0.1:8500"),
  token: secret()
    .optional()
    .describe("ACL token; one from `${file:PATH}` is read again when the file changes; default none"),
  datacenter: z.string().optional().describe("datacenter to ask; default the agent's own"),
  consistency: z
    .enum(["default", "stale", "consistent"])
    .default("default")
    .describe("consistency mode of reads: stale answers without a leader, consistent asks a quorum; default `default`"),
  timeout: duration()
    .prefault("5s")
    .describe("longest wait for an answer, beside the wait of a blocking query; default 5s"),
  username: z.string().optional().describe("user of HTTP basic authentication; default none"),
  password: secret().optional().describe("password of HTTP basic authentication; default none"),
  tls: tlsOptions().optional(),
});

/** Consul: KV with compare-and-set and transactions, sessions, catalog of services. */
export const consul = defineRegistry({
  name: "consul",
  summary: "Consul's KV store and catalog",
  options,
  facts: {},
  create: ({ timeout, tls, address, consistency, ...given }, { clock }) =>
    new ConsulRegistry(
      {
        address,
        consistency,
        timeoutMs: timeout,
        token: given.token,
        datacenter: given.datacenter,
        username: given.username,
        password: given.password,
        tls: tls === undefined ? undefined : pemOf(tls),
      },
      clock,
    ),
});
