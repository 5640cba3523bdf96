// The words of the old tools, on stdout: whoever reads or greps their log finds the same lines.

/** A server as the log names it. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const two = (number: number): string => String(number).padStart(2, "0");

/** `[2017-10-16T16:03:33] text` in local time. */
export function stamped(at: Date, text: string): string {
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `[${day}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}] ${text.replace(/\s+/g, " ")}`;
}

/** host:port. */
export const inWords = ({ host, port }: Address): string => `${host}:${port}`;

/** The server that is looked at; a password is never shown, that there is one is. */
export const connectLine = ({ host, port }: Address, user: string | null): string =>
  user === null ? `connect to ${host}, ${port} ...` : `connect to ${host}, ${port}, ${user}, xxxxxxxx ...`;

/** The key names a server that is healthy. */
export const okLine = (tag: string): string => `${tag} in consul is ok`;

/** The key was written, and Consul has it. */
export const setLine = (tag: string, address: Address): string => `set new ${inWords(address)} to consul ${tag} ok`;
