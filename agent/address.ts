import { parseHostPort } from "../src/index.ts";

/** Where a listener listens. */
export type Address =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

const UNIX = "unix:";

/** Reads `host:port`, `[v6]:port` or `unix:/path`; throws when it is none of them. */
export function readAddress(text: string): Address {
  if (text.startsWith(`${UNIX}/`)) return { kind: "unix", path: text.slice(UNIX.length) };
  const parsed = parseHostPort(text);
  if (parsed !== null) return { kind: "tcp", ...parsed };
  throw new Error(`"${text}" is no address to listen on (write host:port, [v6]:port or unix:/path)`);
}

/** `host:port` with the brackets that IPv6 wants, or the path. */
export function writeAddress(address: Address): string {
  if (address.kind === "unix") return `${UNIX}${address.path}`;
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

const WHY: Readonly<Record<string, string>> = {
  EADDRINUSE: "is taken by another program",
  EACCES: "is not permitted (a port below 1024 needs CAP_NET_BIND_SERVICE, a socket a folder we may write to)",
  EADDRNOTAVAIL: "is no address of this machine",
  ENOTFOUND: "is a name without an address",
  EAI_AGAIN: "is a name that cannot be looked up now",
  ENOENT: "is in a folder that is not there",
  EINVAL: "cannot be listened on (a socket's path has at most 107 bytes)",
};

/** An error that names what was to be served, where, and why it is not; `who` as in `agent_port of p80/app1`. */
export function listenError(who: string, address: Address, error: unknown): Error {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const detail = WHY[code] ?? `cannot be listened on: ${error instanceof Error ? error.message : String(error)}`;
  const tail = code === "" ? "" : ` (${code})`;
  return new Error(`${who}: ${writeAddress(address)} ${detail}${tail}`, { cause: error });
}
