import { z } from "zod";
import { duration, secret } from "../config/options.ts";
import { defineRegistry } from "../contract.ts";
import { ZooKeeperRegistry } from "./zookeeper/index.ts";

const SERVERS = /^[^\s,/]+:\d{1,5}(,[^\s,/]+:\d{1,5})*(\/\S*)?$/;

const options = z.strictObject({
  address: z
    .string()
    .regex(SERVERS, "write host:port, several with commas, with a /chroot at the end if there is one")
    .prefault("127.0.0.1:2181")
    .describe("servers, `host:port,host:port`, with an optional `/chroot` at the end; default 127.0.0.1:2181"),
  timeout: duration().prefault("5s").describe("longest wait for an answer or for a session; default 5s"),
  session_timeout: duration()
    .prefault("10s")
    .describe("session time-out asked of the server, which has limits of its own; default 10s"),
  username: z.string().optional().describe("user of digest authentication; default none"),
  password: secret().optional().describe("password of digest authentication; default none"),
  acl: z
    .enum(["open", "creator"])
    .default("open")
    .describe("who may change nodes that we make: everybody, or only who authenticates as we do; default open"),
});

/** ZooKeeper: watched subtrees, versioned writes, ephemeral nodes. */
export const zookeeper = defineRegistry({
  name: "zookeeper",
  summary: "ZooKeeper",
  options,
  facts: {},
  create: ({ address, timeout, session_timeout, username, password, acl }, { clock }) =>
    new ZooKeeperRegistry(
      { address, timeoutMs: timeout, sessionTimeoutMs: session_timeout, username, password, acl },
      clock,
    ),
});
