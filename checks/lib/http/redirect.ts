/** Where one request goes: `authority` is the Host header, the connection always goes to the target. */
export interface Place {
  readonly scheme: "http" | "https";
  readonly authority: string;
  readonly port: number;
  readonly path: string;
}

/** Where a redirect leads; null when it leads to another host, which would be another server's health. */
export function nextPlace(from: Place, location: string, targetHost: string): Place | null {
  const base = `${from.scheme}://${from.authority}`;
  if (!URL.canParse(location, base + from.path)) return null;
  const here = new URL(base);
  const there = new URL(location, base + from.path);
  if (there.protocol !== "http:" && there.protocol !== "https:") return null;
  if (there.hostname !== here.hostname && there.hostname !== new URL(`http://${bracketed(targetHost)}`).hostname)
    return null;
  const scheme = there.protocol === "http:" ? "http" : "https";
  // The same address as before is the target's own port, whatever the Host header calls it.
  const port = there.origin === here.origin ? from.port : Number(there.port || (scheme === "http" ? 80 : 443));
  return { scheme, authority: there.host, port, path: there.pathname + there.search };
}

const bracketed = (host: string): string => (host.includes(":") ? `[${host}]` : host);

/** The method after a redirect, as browsers do: 301 and 302 turn POST into GET, 303 everything but HEAD. */
export function nextMethod<Method extends string>(status: number, method: Method): Method | "GET" {
  if (status === 303 && method !== "HEAD") return "GET";
  return (status === 301 || status === 302) && method === "POST" ? "GET" : method;
}

/** Whether a status asks to go elsewhere. */
export const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);
