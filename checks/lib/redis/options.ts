import { duration, hostPort, type Secret, secret, z } from "../../../src/index.ts";
import { tlsClient, tlsSwitch } from "../tls.ts";

/** How to log in to a Redis server or a Sentinel. */
export interface Access {
  readonly username: string | undefined;
  readonly password: Secret | undefined;
  /** TLS towards a host of this name; null without TLS. */
  readonly tls: ReturnType<typeof tlsClient> | null;
}

/** A group of Sentinels and the name under which they watch the master. */
export interface SentinelGroup {
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  readonly masterName: string;
  readonly access: Access;
  readonly timeoutMs: number;
}

/** Options of the connection to a Redis server. */
export const accessShape = {
  username: z.string().min(1).optional().describe("ACL user (default: the server's default user)"),
  password: secret().optional().describe("password of the user (default: none)"),
  tls: tlsSwitch().optional().describe("TLS to the server: true, or its options (default: no TLS)"),
  fresh_every: z
    .int()
    .min(1)
    .default(10)
    .describe("every how many questions a new connection is made, to test accept and login as well (default: 10)"),
};

/** Options that name the Sentinels; without `sentinels` nobody is asked. */
export const sentinelShape = {
  sentinels: z.array(hostPort()).optional().describe("all Sentinels of the group, host:port each (default: none)"),
  master_name: z.string().min(1).optional().describe("name under which the Sentinels watch the master (default: none)"),
  sentinel_username: z.string().min(1).optional().describe("ACL user at the Sentinels (default: none)"),
  sentinel_password: secret().optional().describe("password at the Sentinels (default: none)"),
  sentinel_tls: tlsSwitch().optional().describe("TLS to the Sentinels: true, or its options (default: no TLS)"),
  sentinel_timeout: duration()
    .default(200)
    .describe(
      "how long one Sentinel may take to connect, and to answer; set it well below the timeout (default: 200ms)",
    ),
};

type AccessOptions = z.output<z.ZodObject<typeof accessShape>>;
type SentinelOptions = z.output<z.ZodObject<typeof sentinelShape>>;

/** Whether sentinels and master_name come together, and no Sentinel is listed twice. */
export const sentinelRule = {
  check: (o: SentinelOptions): boolean => (o.sentinels === undefined) === (o.master_name === undefined),
  message: "sentinels and master_name are given together",
};

/** How to log in to the server. */
export const accessOf = (o: AccessOptions): Access => access(o.username, o.password, o.tls);

/** The Sentinels of these options; null when there are none. */
export function sentinelsOf(o: SentinelOptions): SentinelGroup | null {
  if (o.sentinels === undefined || o.master_name === undefined) return null;
  const login = access(o.sentinel_username, o.sentinel_password, o.sentinel_tls);
  return { sentinels: o.sentinels, masterName: o.master_name, access: login, timeoutMs: o.sentinel_timeout };
}

const access = (username: string | undefined, password: Secret | undefined, tls: AccessOptions["tls"]): Access => ({
  username,
  password,
  tls: tls === undefined ? null : tlsClient(tls),
});
