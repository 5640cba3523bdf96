// Keys of the whole daemon: everything but pools.
import { z } from "zod";
import { duration, secret, share, size } from "../options.ts";
import { key, required } from "./about.ts";
import { DAEMON_DEFAULTS, RENDER_SHRINK } from "./defaults.ts";
import { cidr, listenAddress, listOf } from "./values.ts";

/** The API, metrics and page. */
export const AdminKeys = z.strictObject({
  listen: key(listenAddress("no sockets"), {
    says: "Where the API, the metrics and the page answer. Loopback unless you say otherwise: whoever may change something here may take servers out.",
    default: DAEMON_DEFAULTS.admin.listen,
    example: "127.0.0.1:8910",
  }),
  token: key(secret(), {
    says: "Token that changes need (`Authorization: Bearer`), and reads too where `listen` is no loopback address. Without one nothing can be changed.",
    default: "-",
    example: '"${file:/etc/checkd/admin.token}"',
  }),
  read: key(z.enum(["token", "public"]), {
    says: "`public`: reads need no token on any address.",
    default: DAEMON_DEFAULTS.admin.read,
    example: "public",
  }),
});

/** Where HAProxy asks. */
export const AgentKeys = z.strictObject({
  listen: key(listOf(listenAddress("sockets")), {
    says: 'Shared ports: HAProxy says with `agent-send "pool/target\\n"` whom it means. Also the address of the `agent_port`s of targets.',
    default: "none",
    example: "0.0.0.0:3300",
  }),
  http: key(listOf(listenAddress("sockets")), {
    says: "Ports that answer `/check/POOL[/TARGET]` with 200 or 503, for `option httpchk`, keepalived and load balancers.",
    default: "none",
    example: "0.0.0.0:3380",
  }),
  allow: key(listOf(cidr()), {
    says: "Who is answered, as xinetd's `only_from`. Empty: everybody; an answer tells only up or down, a reason and a weight.",
    default: "[]",
    example: "[10.0.0.0/8]",
  }),
  max_connections: key(z.number().int().min(1).max(100_000), {
    says: "Connections open at a time, over all agent ports. A bound on memory and descriptors.",
    default: String(DAEMON_DEFAULTS.agent.max_connections),
    example: "4096",
  }),
  max_per_peer: key(z.number().int().min(1).max(100_000), {
    says: "Connections open at a time from one address. One peer gone wild must not lock out the others.",
    default: String(DAEMON_DEFAULTS.agent.max_per_peer),
    example: "1024",
  }),
  timeout: key(duration(), {
    says: "Longest life of a connection.",
    default: DAEMON_DEFAULTS.agent.timeout,
    example: "5s",
  }),
});

/** A confd directory. */
export const RenderKeys = z.strictObject({
  confdir: required(z.string().min(1), {
    says: "The confd directory, with `conf.d` and `templates`. Relative targets in it begin where checkd was started.",
    example: "/etc/checkd/confd",
  }),
  registry: required(z.string(), { says: "Registry that the keys are read from.", example: "main" }),
  prefix: key(z.string(), {
    says: "In place of the prefix of every resource, as confd's `-prefix`.",
    default: "none",
    example: "/production",
  }),
  watch: key(z.boolean(), {
    says: "Whether changes are waited for; otherwise the keys are read every `interval`.",
    default: String(DAEMON_DEFAULTS.render.watch),
    example: "true",
  }),
  interval: key(duration(), {
    says: "Time between two reads without `watch`.",
    default: DAEMON_DEFAULTS.render.interval,
    example: "1m",
  }),
  values: key(z.enum(["strict", "any"]), {
    says: "`strict` refuses keys and values with control characters, so that nobody writes lines of haproxy.cfg through the registry. This and what follows may also stand in a resource.",
    default: DAEMON_DEFAULTS.render.values,
    example: "strict",
  }),
  shrink_guard: key(
    z.union([
      z.literal("off"),
      z.strictObject({
        share: key(share(), {
          says: "Share of the keys that may vanish at once.",
          default: RENDER_SHRINK.share,
          example: "80%",
        }),
        for: key(duration(), {
          says: "How long the old file stays when more vanish; while no key is left at all, it stays for ever.",
          default: RENDER_SHRINK.for,
          example: "10m",
        }),
      }),
    ]),
    {
      says: "A registry that lost (nearly) all keys must not empty the file: beyond `share` the old one stays for a while, without any key until there are some. `off`: taken at once.",
      default: "{ share: 80%, for: 10m }",
      example: "{ share: 80%, for: 10m }",
    },
  ),
  debounce: key(duration(), {
    says: "How long keys must be quiet before a change is rendered, at most ten times that. Many changes at once cost one reload.",
    default: DAEMON_DEFAULTS.render.debounce,
    example: "200ms",
  }),
  check_cmd_timeout: key(duration(), {
    says: "Longest run of a `check_cmd`; then its whole process group is killed.",
    default: DAEMON_DEFAULTS.render.check_cmd_timeout,
    example: "10s",
  }),
  reload_cmd_timeout: key(duration(), {
    says: "Longest run of a `reload_cmd`, and of the wait for `confirm`.",
    default: DAEMON_DEFAULTS.render.reload_cmd_timeout,
    example: "1m",
  }),
  confirm: key(z.enum(["none", "socket"]), {
    says: "`socket`: a reload counts only when HAProxy's runtime socket shows a new process; a master that refuses the file says nothing otherwise.",
    default: DAEMON_DEFAULTS.render.confirm,
    example: "socket",
  }),
  socket: key(z.string().min(1), {
    says: "The runtime socket for `confirm`.",
    default: "-",
    example: "/run/haproxy/admin.sock",
  }),
});

/** Recording for `checkd replay`. */
export const RecordKeys = z.strictObject({
  file: required(z.string().min(1), {
    says: "File that every input is written to, one JSON object a line.",
    example: "/var/log/checkd/inputs.ndjson",
  }),
  rotate: key(size(), {
    says: "Size at which a new file is begun.",
    default: DAEMON_DEFAULTS.record.rotate,
    example: "64mb",
  }),
  keep: key(z.number().int().min(1).max(1000), {
    says: "Files that are kept, the current one included.",
    default: String(DAEMON_DEFAULTS.record.keep),
    example: "5",
  }),
});

/** Orders shared by several daemons. */
export const OverrideKeys = z.strictObject({
  registry: required(z.string(), { says: "Registry that orders are kept in.", example: "main" }),
  prefix: key(z.string().min(1), {
    says: "Where in it.",
    default: DAEMON_DEFAULTS.overrides.prefix,
    example: "checkd/overrides",
  }),
});

/** HAProxy as a child. */
export const HaproxyKeys = z.strictObject({
  exec: key(z.string().min(1), {
    says: "The program.",
    default: DAEMON_DEFAULTS.haproxy.exec,
    example: "/usr/sbin/haproxy",
  }),
  conf_file: required(z.string().min(1), { says: "Its configuration file.", example: "/etc/haproxy/haproxy.cfg" }),
  pid_file: required(z.string().min(1), {
    says: "Its pid file: tells whether it runs already.",
    example: "/run/haproxy.pid",
  }),
  mode: key(z.enum(["master-worker", "daemon"]), {
    says: "How it is started and reloaded: a master with workers (SIGUSR2), or a new process that takes over (`-sf`).",
    default: DAEMON_DEFAULTS.haproxy.mode,
    example: "master-worker",
  }),
});

/** The top of the file. */
export const RootKeys = z.strictObject({
  admin: z.unknown().optional().meta({
    type: "section",
    description: "API, metrics and page; without it there is none.",
    default: "-",
    example: "{ listen: 127.0.0.1:8910 }",
  }),
  state_dir: key(z.string().min(1), {
    says: "Folder for what survives a restart: orders, last verdicts, target lists. Without it a start begins from nothing.",
    default: "-",
    example: "/var/lib/checkd",
  }),
  registries: z.unknown().optional().meta({
    type: "section name: registry",
    description:
      "Registries by name: `driver` (consul, etcd, zookeeper, memory; env and file to read only) and its options.",
    default: "{}",
    example: '{ main: { driver: consul, address: "http://127.0.0.1:8500" } }',
  }),
  defaults: z.unknown().optional().meta({
    type: "section",
    description: "Keys of pools for all pools that do not say otherwise: all but `targets` and `source`.",
    default: "{}",
    example: "{ every: 2s, fall: 3 }",
  }),
  pools: z.unknown().optional().meta({
    type: "section name: pool",
    description: "Pools by name: the targets behind one HAProxy backend each.",
    default: "required",
    example: '{ p80: { check: { type: tcp }, targets: { app1: "10.200.60.42:80" } } }',
  }),
  agent: z.unknown().optional().meta({
    type: "section",
    description: "Where HAProxy asks.",
    default: "{}",
    example: '{ listen: "0.0.0.0:3300" }',
  }),
  render: z.unknown().optional().meta({
    type: "list of sections",
    description: "confd directories that are rendered from a registry.",
    default: "[]",
    example: "[{ confdir: /etc/checkd/confd, registry: main }]",
  }),
  record: z.unknown().optional().meta({
    type: "section",
    description: "Writes all inputs for `checkd replay`.",
    default: "-",
    example: "{ file: /var/log/checkd/inputs.ndjson }",
  }),
  overrides: z.unknown().optional().meta({
    type: "section",
    description: "Shares orders with other daemons.",
    default: "-",
    example: "{ registry: main }",
  }),
  haproxy: z.unknown().optional().meta({
    type: "section",
    description:
      "HAProxy that checkd starts when it is not running, and reloads; a list for several. One that it did not start is never killed.",
    default: "-",
    example: "{ conf_file: /etc/haproxy/haproxy.cfg, pid_file: /run/haproxy.pid }",
  }),
});
