// proxyzoo's haproxy template ($acl $use_backend $default_backend $backend $sockets $nbproc ...) filled in as proxyzoo did.
import type { ProxyzooGroup, ProxyzooInstance } from "./proxyzoo-file.ts";

/** The template of the seed's manual in our words, for setups whose own cannot be read. */
export const PLAIN_TEMPLATE = `global
    maxconn 20000
    log 127.0.0.1 local0 info
    daemon
    nbproc $nbproc
    pidfile $pid_file
$sockets

defaults
    mode            http
    option          httplog
    option          dontlognull
    option          forwardfor
    maxconn         20000
    timeout connect 5s
    timeout client  10m
    timeout server  10m

frontend public
    bind            *:$listener_port
    mode            http

$acl

$use_backend
$default_backend

$backend

listen admin_stats
    bind 127.0.0.1:$admin_port
    mode http
    stats refresh 5s
    stats uri /ha-stats
    stats hide-version
`;

/** Line of a backend's servers with its own placeholders filled in. */
export function serverTemplate(name: string, group: ProxyzooGroup): string {
  return group["server-template"]
    .replaceAll("${group_name}", name)
    .replaceAll("${max_server}", String(group.max_server))
    .replaceAll("${ip_port}", "0.0.0.0:0");
}

function backend(name: string, group: ProxyzooGroup): string {
  const lines = [`backend ${name}`, `    mode            ${group.mode}`, `    balance         ${group.balance}`];
  if (group.httpchk !== undefined) lines.push(`    option          httpchk ${group.httpchk}`);
  lines.push(`    server-template ${serverTemplate(name, group)}`);
  return lines.join("\n");
}

/** Words of the template by name; `paths` fills `${HOME}` in. */
export function templateWords(
  instance: ProxyzooInstance,
  paths: (text: string) => string,
): ReadonlyMap<string, string> {
  const groups = Object.entries(instance.groups);
  const acls = groups.flatMap(([name, { acls: rules }]) => rules.map((acl) => `    acl ${name} ${acl}`));
  const uses = groups.filter(([, { acls: rules }]) => rules.length > 0).map(([name]) => useBackend(name));
  const fallback = groups.find(([, { default_backend }]) => default_backend);
  return new Map([
    ["acl", acls.join("\n")],
    ["use_backend", uses.join("\n")],
    ["default_backend", fallback === undefined ? "" : `    default_backend ${fallback[0]}`],
    ["backend", groups.map(([name, group]) => backend(name, group)).join("\n\n")],
    // With expose-fd a reload takes the listening sockets over: no connection is refused meanwhile.
    ["sockets", instance.socket_files.map((file) => socketLine(paths(file))).join("\n")],
    ["pid_file", paths(instance.pid_file ?? "")],
    ["listener_port", String(instance.listener_port)],
    ["admin_port", String(instance.admin_port)],
  ]);
}

const useBackend = (name: string): string => `    use_backend ${name} if ${name}`;
const socketLine = (path: string): string => `    stats socket ${path} mode 600 level admin expose-fd listeners`;

/**
 * haproxy.cfg of an instance. HAProxy has one process with threads since 2.5: the line with $nbproc becomes a comment, and
 * several sockets are several doors to the one process.
 */
export function fillTemplate(template: string, words: ReadonlyMap<string, string>): string {
  return template
    .split("\n")
    .map((line) => {
      if (/\$\{?nbproc\b/.test(line))
        return `${/^\s*/.exec(line)?.[0] ?? ""}# nbproc is gone since HAProxy 2.5: one process with threads answers on every socket below`;
      // It says nothing to a HAProxy that checkd starts, and later versions warn of it.
      if (/^\s*quiet\s*$/.test(line)) return null;
      return line.replace(/\$(?:\$|\{([a-z_]+)\}|([a-z_]+))/g, (whole, braced?: string, bare?: string) =>
        whole === "$$" ? "$" : (words.get(braced ?? bare ?? "") ?? whole),
      );
    })
    .filter((line) => line !== null)
    .join("\n");
}
