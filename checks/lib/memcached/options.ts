import { duration, secret, size, z } from "../../../src/index.ts";
import { tlsSwitch } from "../tls.ts";

const MAX_VALUE = 1024 * 1024;

/** The options of `memcached`. */
export const memcachedOptions = z
  .strictObject({
    protocol: z
      .enum(["ascii", "meta", "binary"])
      .default("ascii")
      .describe(
        "ascii: set, get, delete; meta: the same as ms, mg, md of memcached 1.6; binary: for servers that want SASL (-S), which are silent to ascii (default: ascii)",
      ),
    username: z.string().min(1).optional().describe("user, of the server's -Y file, or for SASL (default: none)"),
    password: secret().optional().describe("password of the user (default: none)"),
    tls: tlsSwitch().optional().describe("TLS to the server: true, or its options; not with binary (default: no TLS)"),
    value_size: size()
      .refine((bytes) => bytes >= 1 && bytes <= MAX_VALUE, "a value has 1 byte to 1mb")
      .default(1024)
      .describe(
        "size of the value that is stored; take a typical one, as a full server may still store tiny ones (default: 1kb)",
      ),
    ttl: duration().default(10_000).describe("how long the value lives if it is not deleted (default: 10s)"),
    fresh_every: z
      .int()
      .min(1)
      .default(10)
      .describe("every how many questions a new connection is made, to test accept and login as well (default: 10)"),
  })
  .refine((o) => (o.username === undefined) === (o.password === undefined), "username and password are given together")
  .refine((o) => o.protocol !== "binary" || o.tls === undefined, "TLS is not spoken with protocol: binary")
  .describe("a memcached server");

/** What `memcachedOptions` gives. */
export type MemcachedOptions = z.output<typeof memcachedOptions>;
