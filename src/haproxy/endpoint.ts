import { isIPv6, type NetConnectOpts } from "node:net";
import { parseHostPort } from "../config/options.ts";
import { HaproxyError } from "./answer.ts";

/** Where a Runtime API is reached, and how its commands must be written there. */
export interface Endpoint {
  readonly options: NetConnectOpts;
  /** `@1 ` in front of each command: a master socket passes it on to the worker; empty for a worker's own socket. */
  readonly prefix: string;
}

/** Reads `/path`, `unix@/path`, `host:port`, `ipv4@host:port`, each also with `@1 ` in front for the worker behind a master socket. */
export function endpointOf(address: string): Endpoint {
  const [, worker, rest = ""] = /^(@1\s*)?(.*)$/.exec(address.trim()) ?? [];
  const prefix = worker === undefined ? "" : "@1 ";
  const path = rest.replace(/^unix@/, "");
  if (path.startsWith("/")) return { options: { path }, prefix };
  const tcp = parseHostPort(rest.replace(/^(?:tcp[46]?|ipv[46])@/, ""));
  if (tcp !== null) return { options: isIPv6(tcp.host) ? { ...tcp, family: 6 } : tcp, prefix };
  throw new HaproxyError("unreachable", `"${address}" is no socket: write /path/of/socket or host:port`);
}
