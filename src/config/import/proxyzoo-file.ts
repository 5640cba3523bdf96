// web.config.json of proxyzoo: one HAProxy for each top key, one backend for each of its groups.
import { z } from "zod";

const group = z.strictObject({
  "zk.path": z.string().optional(),
  acls: z.array(z.string()).default([]),
  mode: z.enum(["http", "tcp"]).default("http"),
  balance: z.string().default("roundrobin"),
  httpchk: z.string().optional(),
  "server-template": z
    .string()
    .default("${group_name} 1-${max_server} ${ip_port} check inter 2000 rise 1 fall 2 disabled"),
  max_server: z.number().int().min(1).max(10_000).default(10),
  default_backend: z.boolean().default(false),
});

const instance = z.strictObject({
  "zk.addr": z.string().min(1),
  "zk.path": z.string().optional(),
  groups: z.record(z.string().regex(/^[A-Za-z0-9_.:-]+$/, "is no name for a backend"), group),
  exec: z.string().default("haproxy"),
  template: z.string().optional(),
  conf_file: z.string(),
  pid_file: z.string().optional(),
  socket_files: z.array(z.string()).min(1),
  listener_port: z.number().int().min(1).max(65_535),
  admin_port: z.number().int().min(1).max(65_535),
});

/** The whole file: instances by name. */
export const proxyzooFile = z.record(z.string(), instance);

/** One HAProxy of proxyzoo. */
export type ProxyzooInstance = z.output<typeof instance>;

/** One backend of it. */
export type ProxyzooGroup = z.output<typeof group>;
