import { z } from "zod";
import { duration, secret } from "../config/options.ts";
import { secretFile, secretOf } from "../config/secret.ts";
import { defineRegistry } from "../contract.ts";
import { type ConsulEnvironment, consulEnvironment } from "./consul/environment.ts";
import { ConsulRegistry } from "./consul/index.ts";
import { pemOf, tlsOptions } from "./tls.ts";

const options = z.strictObject({
  address: z
    .string()
    .transform((text) => (/^https?:\/\//.test(text) ? text : `http://${text}`))
    .refine((text) => URL.canParse(text), "write http://host:port")
    .optional()
    .describe(
      "where Consul's HTTP API answers, `http://host:port` or `host:port`; default $CONSUL_HTTP_ADDR, else 127.0.0.1:8500",
    ),
  token: secret()
    .optional()
    .describe(
      "ACL token; one from `${file:PATH}` is read again when the file changes; default $CONSUL_HTTP_TOKEN or the file $CONSUL_HTTP_TOKEN_FILE",
    ),
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

type Options = z.output<typeof options>;

function tokenOf({ token }: Options, env: ConsulEnvironment) {
  if (token !== undefined) return token;
  if (env.token !== undefined) return secretOf(env.token);
  return env.tokenFile === undefined ? undefined : secretFile(env.tokenFile);
}

/** TLS as configured, else as the environment says. */
function tlsOf({ tls }: Options, env: ConsulEnvironment) {
  if (tls !== undefined) return pemOf(tls);
  const { ca, cert, key, verify } = env;
  if ([ca, cert, key, verify].every((each) => each === undefined)) return undefined;
  return pemOf({ ca, cert, key, verify: verify ?? true });
}

/** Consul: KV with compare-and-set and transactions, sessions, catalog of services. */
export const consul = defineRegistry({
  name: "consul",
  summary: "Consul's KV store and catalog",
  options,
  facts: {},
  create: (given, { clock }) => {
    const env = consulEnvironment(process.env);
    const settings = {
      address: given.address ?? env.address ?? "http://127.0.0.1:8500",
      consistency: given.consistency,
      timeoutMs: given.timeout,
      token: tokenOf(given, env),
      datacenter: given.datacenter,
      username: given.username,
      password: given.password,
      tls: tlsOf(given, env),
    };
    return new ConsulRegistry(settings, clock);
  },
});
