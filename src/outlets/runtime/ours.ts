import { networkInterfaces } from "node:os";
import type { ServerSeen } from "../../haproxy/server.ts";

const ANY = ["0.0.0.0", "::", "::1"];

/** Addresses of this host, as they are now. */
export function localAddresses(): ReadonlySet<string> {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return new Set([...ANY, ...all.map(({ address }) => address)]);
}

/** Whether HAProxy asks this daemon about this server: only those may be told. */
export function isOurs(server: ServerSeen, ports: readonly number[], local: ReadonlySet<string>): boolean {
  if (!server.agentConfigured || !ports.includes(server.agentPort)) return false;
  // Without agent-addr HAProxy asks at the server's own address (configuration manual, agent-addr).
  const asked = server.agentAddress ?? server.host;
  return asked.startsWith("127.") || local.has(asked);
}
