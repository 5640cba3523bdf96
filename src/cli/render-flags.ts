// The flags of `checkd render`: confd v0.16's, and some of our own. Each is also a key of confd.toml and a variable.

import type { Backend } from "../render/source/backend.ts";

/** A flag. */
export interface Flag {
  readonly name: string;
  /** A list is a flag that may be repeated. */
  readonly kind: "text" | "switch" | "whole" | "list";
  /** Its key in confd.toml, in lower case; null: none. */
  readonly key: string | null;
  readonly says: string;
  /** For the help. */
  readonly otherwise: string;
}

const flag = (name: string, kind: Flag["kind"], key: string | null, says: string, otherwise = ""): Flag => ({
  name,
  kind,
  key,
  says,
  otherwise,
});

/** All flags that do something. */
export const FLAGS: readonly Flag[] = [
  flag("backend", "text", "backend", "consul, etcd, etcdv3, zookeeper, env or file", "etcd"),
  flag("basic-auth", "switch", "basic_auth", "user and password are sent (consul, etcd, etcdv3)"),
  flag("check-cmd-timeout", "text", "check_cmd_timeout", "longest run of a check_cmd", "30s"),
  flag("client-ca-keys", "text", "client_cakeys", "file with the authorities to trust"),
  flag("client-cert", "text", "client_cert", "file with our certificate"),
  flag("client-insecure", "switch", "client_insecure", "the server's certificate is not verified (consul, etcd)"),
  flag("client-key", "text", "client_key", "file with our private key"),
  flag("confdir", "text", "confdir", "folder with conf.d and templates", "/etc/confd"),
  flag("config-file", "text", null, "configuration file", "/etc/confd/confd.toml"),
  flag("confirm", "text", "confirm", "`socket`: HAProxy's socket must show a new process after the reload", "none"),
  flag("debounce", "text", "debounce", "how long keys must be quiet before a change is rendered", "20ms"),
  flag("file", "list", "file", "file or folder with keys, for the backend file"),
  flag("filter", "text", "filter", "pattern of the names of files in such a folder", "*"),
  flag("interval", "whole", "interval", "seconds between two reads", "600"),
  flag("keep-stage-file", "switch", "keepstagefile", "stage files are left behind"),
  flag("log-format", "text", null, "text or json", "text"),
  flag("log-level", "text", "log-level", "panic, fatal, error, warn, info, debug or silent", "info"),
  flag("node", "list", "nodes", "address of the backend"),
  flag("noop", "switch", "noop", "changes nothing and prints what would change"),
  flag("onetime", "switch", "onetime", "renders once and ends"),
  flag("password", "text", "password", "password of the user; better as variable CHECKD_PASSWORD"),
  flag("prefix", "text", "prefix", "in place of the prefix of every resource"),
  flag("reload-cmd-timeout", "text", "reload_cmd_timeout", "longest run of a reload_cmd", "60s"),
  flag("scheme", "text", "scheme", "http or https", "http"),
  flag("shrink-guard", "text", "shrink_guard", "share of the keys that may vanish at once, or off", "80%"),
  flag("socket", "text", "socket", "HAProxy's runtime socket, for -confirm socket"),
  flag("srv-domain", "text", "srv_domain", "domain whose SRV records name the nodes"),
  flag("srv-record", "text", "srv_record", "the SRV record that names the nodes"),
  flag("state-dir", "text", "state_dir", "folder for what is remembered between two runs", "/var/lib/checkd"),
  flag("sync-only", "switch", "sync-only", "neither check_cmd nor reload_cmd is run"),
  flag("username", "text", "username", "user; with -basic-auth, but for zookeeper"),
  flag("values", "text", "values", "strict: keys and values with control characters are refused; or any", "any"),
  flag("version", "switch", null, "prints the version and ends"),
  flag("watch", "switch", "watch", "waits for changes instead of reading at intervals"),
];

/** Flags of confd's other backends. They mean nothing to ours, in confd neither. */
export const FOREIGN: ReadonlyMap<string, string> = new Map([
  ["app-id", "vault"],
  ["auth-token", "vault"],
  ["auth-type", "vault"],
  ["path", "vault"],
  ["role-id", "vault"],
  ["secret-id", "vault"],
  ["secret-keyring", "values encrypted with a keyring"],
  ["separator", "redis"],
  ["table", "dynamodb"],
  ["user-id", "vault"],
]);

const BY_HTTP: readonly Backend[] = ["consul", "etcd", "etcdv3"];

/** The backends that flags about a backend say something to. */
export const USED_BY: ReadonlyMap<string, readonly Backend[]> = new Map([
  ["basic-auth", BY_HTTP],
  ["client-ca-keys", BY_HTTP],
  ["client-cert", BY_HTTP],
  ["client-insecure", BY_HTTP],
  ["client-key", BY_HTTP],
  ["file", ["file"]],
  ["filter", ["file"]],
  ["node", [...BY_HTTP, "zookeeper"]],
  ["password", [...BY_HTTP, "zookeeper"]],
  ["scheme", BY_HTTP],
  ["srv-domain", [...BY_HTTP, "zookeeper"]],
  ["srv-record", [...BY_HTTP, "zookeeper"]],
  ["username", [...BY_HTTP, "zookeeper"]],
]);

const HELP_COLUMN = 22;

/** What `checkd render -help` prints. */
export function renderHelp(): string {
  const lines = FLAGS.map(({ name, says, otherwise }) => {
    const end = otherwise === "" ? "" : ` (default ${otherwise})`;
    return `  -${name}`.padEnd(HELP_COLUMN) + says + end;
  });
  return `Usage: checkd render [flags]

Runs a confd directory as it is: reads keys, renders templates, checks, replaces and reloads.
Flags are confd's: -x or --x, with "-x=value" or "-x value"; -node and -file may be repeated.
Each is also a variable, as CHECKD_CONFDIR for -confdir, and a key of confd.toml.
What counts: flags, then variables, then confd.toml, then defaults.

${lines.join("\n")}

Examples:
  checkd render -onetime -backend consul -node localhost:8500
  checkd render -watch -backend etcdv3 -node 10.0.0.1:2379 -node 10.0.0.2:2379
  checkd render -interval 10 -node http://127.0.0.1:4001 -confdir /etc/confd
  checkd render -onetime -noop -backend file -file keys.yaml
`;
}
