import type { Draft } from "./round.ts";

/** Whether two host:port mean the same server; null where a name stands against an address and nobody can tell. */
export function sameAddress(a: string, b: string): boolean | null {
  const [left, right] = [split(a), split(b)];
  if (left.port !== right.port) return false;
  if (left.host === right.host) return true;
  if (isIp(left.host) && isIp(right.host)) return false;
  if (isIp(left.host) || isIp(right.host)) return null;
  return left.host.startsWith(`${right.host}.`) || right.host.startsWith(`${left.host}.`) ? true : null;
}

/** Whether `address` is that of `target`: what cannot be told by itself is told by another of `all` that has it. */
export function isAt(address: string, target: Draft, all: readonly Draft[]): boolean | null {
  const same = sameAddress(address, at(target));
  if (same !== null) return same;
  return all.some((other) => other !== target && sameAddress(address, at(other)) === true) ? false : null;
}

/** The draft that has this address. */
export function whoIsAt(address: string, all: readonly Draft[]): Draft | null {
  return all.find((draft) => sameAddress(address, at(draft)) === true) ?? null;
}

function at(draft: Draft): string {
  return `${draft.member.target.host}:${draft.member.target.port}`;
}

function split(address: string): { readonly host: string; readonly port: string } {
  const colon = address.lastIndexOf(":");
  const host = address
    .slice(0, colon)
    .replace(/^\[|\]$/g, "")
    .toLowerCase();
  return { host: host === "localhost" ? "127.0.0.1" : host, port: address.slice(colon + 1) };
}

function isIp(host: string): boolean {
  return host.includes(":") || /^[\d.]+$/.test(host);
}
