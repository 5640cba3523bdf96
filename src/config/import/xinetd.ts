// Services of xinetd that print an agent-check line -> a configuration that answers on the same ports.
import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import { sortProblems } from "../problem.ts";
import { nameProblem } from "../schema/values.ts";
import type { Problem } from "../settings.ts";
import { readXinetd, type XinetdService } from "./xinetd-file.ts";
import { type Comment, type ImportResult, yamlText } from "./yaml-text.ts";

const SERVICES = "/etc/services";
const TARGET = "server1";

/** A service on its way over: taken, left out with a reason, or wrong. */
type Taken =
  | { readonly pool: object; readonly notes: readonly string[] }
  | { readonly leftOut: string }
  | { readonly problem: string; readonly hint: string };

/** Reads a service file, xinetd.conf, or a folder such as /etc/xinetd.d; ports that are not set come from `services`. */
export function importXinetd(path: string, services = SERVICES): ImportResult {
  const { services: found, problems: unread } = readXinetd(path);
  const portOf = ports(services);
  const problems: Problem[] = [...unread];
  const pools: Record<string, object> = {};
  const comments: Comment[] = [];
  const heading = [
    `From ${path}: one pool a service, which answers on its port as xinetd did.`,
    "Where a script prints a percent, add haproxy_weight: the weight on HAProxy's server line.",
  ];
  const imported: XinetdService[] = [];
  for (const service of found) {
    const name = idOf(service);
    const taken = take(service, portOf(service), Object.hasOwn(pools, name));
    if ("problem" in taken) problems.push({ file: service.file, line: service.line, column: 1, path: name, ...taken });
    else if ("leftOut" in taken) heading.push(`Left out: ${name} (${taken.leftOut}).`);
    else {
      pools[name] = taken.pool;
      imported.push(service);
      comments.push(...taken.notes.map((text) => ({ path: ["pools", name], text })));
    }
  }
  if (problems.length === 0 && imported.length === 0)
    problems.push({
      file: path,
      line: 0,
      column: 0,
      path: "",
      problem: "there is no service to take over",
      hint: heading.slice(2).join(" ") || null,
    });
  if (problems.length > 0) return { problems: sortProblems(problems) };
  const peers = allowed(imported);
  const config = { ...(peers.allow.length === 0 ? {} : { agent: { allow: peers.allow } }), pools };
  comments.push(...peers.comments);
  return { imported: { config, yaml: yamlText(config, heading, comments) } };
}

const first = (service: XinetdService, key: string): string | null => service.attributes.get(key)?.[0] ?? null;
const all = (service: XinetdService, key: string): readonly string[] => service.attributes.get(key) ?? [];
const idOf = (service: XinetdService): string => first(service, "id") ?? service.name;

function take(service: XinetdService, port: number | null, twice: boolean): Taken {
  const name = idOf(service);
  const left = reasonToLeave(service);
  if (left !== null) return { leftOut: left };
  const bad = nameProblem(name);
  if (bad !== null) return { problem: bad, hint: "set id in the service" };
  if (twice) return { problem: "this service stands twice", hint: "set id in one of them" };
  const server = first(service, "server");
  if (server === null) return { problem: "has no server", hint: "server = /path/of/the/script" };
  if (port === null)
    return { problem: "has no port", hint: `port = 3333, or a line ${service.name} 3333/tcp in ${SERVICES}` };
  return { pool: poolOf(service, server, port), notes: notesOf(service, port) };
}

function reasonToLeave(service: XinetdService): string | null {
  const name = idOf(service);
  const enabled = service.attributes.get("enabled");
  if (first(service, "disable") === "yes") return "disable = yes";
  if (all(service, "disabled").includes(name)) return "disabled in defaults";
  if (enabled !== undefined && !enabled.includes(name)) return "not among enabled in defaults";
  if (all(service, "type").includes("INTERNAL")) return "built into xinetd";
  const socket = first(service, "socket_type") ?? "stream";
  if (socket !== "stream" || first(service, "protocol") === "udp") return `socket_type ${socket} is no TCP`;
  if (first(service, "wait") === "yes") return "wait = yes: the program listens itself";
  if (first(service, "redirect") !== null) return "redirect is a proxy, no check";
  if (service.attributes.has("only_from") && all(service, "only_from").length === 0)
    return "only_from is empty: nobody may ask";
  return null;
}

/** The port that is set, or that /etc/services has, as xinetd looks it up. */
function ports(services: string): (service: XinetdService) => number | null {
  let rows: readonly (readonly string[])[] | null = null;
  const lookUp = (name: string): string | undefined => {
    rows ??= servicesIn(services);
    const row = rows.find(([word, port, ...aliases]) => port?.endsWith("/tcp") && [word, ...aliases].includes(name));
    return row?.[1]?.split("/")[0];
  };
  return (service) => {
    const text = first(service, "port") ?? lookUp(service.name) ?? "";
    const port = /^\d+$/.test(text) ? Number(text) : 0;
    return port >= 1 && port <= 65535 ? port : null;
  };
}

function servicesIn(file: string): readonly (readonly string[])[] {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.map((line) => line.replace(/#.*/, "").trim().split(/\s+/));
  } catch {
    // A host without the file: every service must name its port.
    return [];
  }
}

/** Every answer counts and every poll runs the script, as under xinetd; nobody polls: a run each 10s. */
function poolOf(service: XinetdService, server: string, port: number): object {
  const env = all(service, "env").map((pair) => pair.split(/=(.*)/s).slice(0, 2));
  const bind =
    first(service, "bind") ?? first(service, "interface") ?? (all(service, "flags").includes("IPv6") ? "::" : null);
  const at = bind === null ? port : `${bind.includes(":") ? `[${bind}]` : bind}:${port}`;
  return {
    check: {
      type: "exec",
      argv: [server, ...all(service, "server_args")],
      ...(env.length === 0 ? {} : { env: Object.fromEntries(env) }),
      protocol: "agent",
      every: "10s",
      // Answers nearer together than this count as one: with exec's own fast a second poll would not count.
      fast: "100ms",
      timeout: "2s",
      rise: 1,
      fall: 1,
    },
    max_age: 0,
    targets: { [TARGET]: { address: `127.0.0.1:${port}`, agent_port: at } },
  };
}

const NOTED = [
  "instances",
  "cps",
  "per_source",
  "max_load",
  "no_access",
  "access_times",
  "nice",
  "umask",
  "passenv",
  "groups",
  "group",
];

function notesOf(service: XinetdService, port: number): readonly string[] {
  const user = first(service, "user");
  const notes = [
    "The script knows what it checks; the address is only shown. Name pool and target as HAProxy's backend and server.",
    `HAProxy's side stays as it is: agent-check agent-port ${port}.`,
  ];
  if (user !== null) notes.push(`user = ${user}: checkd runs the script as its own user, which must be allowed to.`);
  for (const key of NOTED)
    if (service.attributes.has(key))
      notes.push(`${key} = ${all(service, key).join(" ")}: ${WHY_NOT[key] ?? "not taken over"}.`);
  return notes;
}

const WHY_NOT: Readonly<Record<string, string>> = {
  instances: "one script a target runs at a time; see agent.max_connections",
  cps: "polls share one run; see agent.max_connections",
  per_source: "see agent.max_per_peer",
  no_access: "not taken over; keep these peers out of agent.allow",
};

/** Who may ask: xinetd says it for each service, checkd in one list for all agent ports. */
function allowed(services: readonly XinetdService[]): {
  readonly allow: readonly string[];
  readonly comments: readonly Comment[];
} {
  const restricted = services.filter((service) => service.attributes.has("only_from"));
  const lists = restricted.map((service) => all(service, "only_from"));
  if (restricted.length < services.length) {
    const text = (service: XinetdService): string =>
      `only_from = ${all(service, "only_from").join(" ")}: not taken over, other services have none; see agent.allow.`;
    return {
      allow: [],
      comments: restricted.map((service) => ({ path: ["pools", idOf(service)], text: text(service) })),
    };
  }
  const words = [...new Set(lists.flat())];
  const networks = words.map(networkOf).filter((network) => network !== null);
  const names = words.filter((word) => networkOf(word) === null);
  const notes = names.map((word) => `only_from ${word}: names are not taken over, write the address.`);
  if (new Set(lists.map((list) => [...list].sort().join(" "))).size > 1)
    notes.push("only_from differs between the services: checkd has one list for all agent ports.");
  // An empty list would let everybody in.
  const allow = words.length > 0 && networks.length === 0 ? ["127.0.0.1/32"] : networks;
  return { allow, comments: notes.map((text) => ({ path: ["agent"], text })) };
}

/** `10.1.0.0` stands for 10.1.0.0/16, as zeros at the end are wildcards (xinetd.conf, only_from). */
function networkOf(word: string): string | null {
  const [address = "", bits] = word.split("/");
  const family = isIP(address);
  if (bits !== undefined) return family !== 0 && /^\d+$/.test(bits) ? word : null;
  if (family === 6) return `${address}/128`;
  if (family !== 4) return null;
  const zeros = /(?:\.0)*$/.exec(address)?.[0].length ?? 0;
  return address === "0.0.0.0" ? "0.0.0.0/0" : `${address}/${32 - (zeros / 2) * 8}`;
}
