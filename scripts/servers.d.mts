/** Folder into which a program of another Debian release was unpacked. */
export function unpackedRoot(name: "consul" | "haproxy-3" | "mysql-9"): string;
/** argv that runs a program of such a folder, its main one when `file` (relative to the folder) is not given. */
export function unpackedCommand(name: "consul" | "haproxy-3" | "mysql-9", file?: string): string[];
/** Makes sure that everything the tests start is there; a second call does nothing. */
export function ensureServers(): Promise<void>;
