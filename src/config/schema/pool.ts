import { z } from "zod";
import { hostPort } from "../options.ts";
import { key, required } from "./about.ts";
import { POOL_DEFAULTS } from "./defaults.ts";
import { RULES } from "./rules.ts";
import { JUDGING, on, TIMING } from "./timing.ts";
import { agentPort, groupName, name } from "./values.ts";
import { WEIGHTS } from "./weights.ts";

const WHO = {
  group: key(groupName(), {
    says: "Group of pools, for the query interface `/GROUP/POOL`.",
    ...on("-"),
    example: "ngboss",
  }),
  name: key(z.string().min(1), {
    says: "Name of a discovered target; `{host}` and `{port}` stand for its address, characters that names cannot hold become `-`.",
    ...on(POOL_DEFAULTS.name),
    example: '"{host}"',
  }),
};

const PLUGGED = {
  check: z.unknown().meta({
    type: "check, list of checks or none",
    description:
      "What is asked: `type` and its options (checks/README.md), a list of these with `require`, or `none` to trust the source and HAProxy's own check.",
    default: "required",
    example: '{ type: http-content, path: /, contains: "test me" }',
  }),
  publish: z.unknown().optional().meta({
    type: "publication or list",
    description:
      "Writes verdicts to a registry: `registry`, `layout` (current, members, fields, pool, service) and the options of the layout.",
    default: "-",
    example: '{ registry: main, layout: members, key: "services/web/{name}" }',
  }),
  runtime: z.unknown().optional().meta({
    type: "runtime or list",
    description: "Tells HAProxy over its runtime sockets: pushes downs, owns the slots of a `server-template`.",
    default: "-",
    example: '{ sockets: [/run/haproxy/admin.sock], backend: web, slots: "web1..20" }',
  }),
};

/** All keys of `defaults`: those of a pool but its targets. */
export const DefaultsKeys = z.strictObject({
  ...WHO,
  ...PLUGGED,
  check: PLUGGED.check.optional(),
  ...RULES,
  ...TIMING,
  ...JUDGING,
  ...WEIGHTS,
});

/** All keys of a pool. */
export const PoolKeys = z.strictObject({
  check: PLUGGED.check.optional(),
  targets: z.unknown().optional().meta({
    type: "section name: target",
    description:
      "Targets by name: `host:port`, or a section with `address` and more. Needed where there is no `source`.",
    default: "-",
    example: '{ app1: { address: "10.200.60.42:80", agent_port: 3333 } }',
  }),
  source: z.unknown().optional().meta({
    type: "source or list",
    description:
      "Who says which targets there are: `type` (mysql, sentinel, registry) and its options; several are joined. Log-in, TLS and Sentinels are the check's unless given.",
    default: "-",
    example: '{ type: mysql, primary: "10.0.21.5:3301" }',
  }),
  ...WHO,
  ...RULES,
  ...TIMING,
  ...JUDGING,
  ...WEIGHTS,
  publish: PLUGGED.publish,
  runtime: PLUGGED.runtime,
});

/** All keys of a target. */
export const TargetKeys = z.strictObject({
  address: required(hostPort(), {
    says: "Where the server answers: `host:port` or `[v6]:port`.",
    example: '"10.200.60.42:80"',
  }),
  agent_port: key(agentPort(), {
    says: "Port of its own on which this target's agent answers, without `agent-send`: HAProxy's `agent-port`. `host:port` binds one address.",
    default: "-",
    example: "3333",
  }),
  part: key(z.enum(["member", "backup"]), {
    says: "`backup` serves only by `fallback: primary`; a target named `primary` is one where that is set.",
    default: "member",
    example: "backup",
  }),
  meta: key(z.record(name(), z.string()), {
    says: "Words of your own: `{zone}` in the texts of a check, and shown by the API.",
    default: "{}",
    example: "{ zone: a }",
  }),
});

/** Keys of timing, wherever they stand. */
export const TimingKeys = z.strictObject(TIMING);
