import type { RegistryKind } from "../contract.ts";
import { consul } from "./consul.ts";
import { env } from "./env.ts";
import { etcd } from "./etcd.ts";
import { file } from "./file.ts";
import { memory } from "./memory.ts";
import { zookeeper } from "./zookeeper.ts";

/** Every registry driver by its name in `driver:`. */
export const registries: ReadonlyMap<string, RegistryKind> = new Map(
  [memory, consul, etcd, zookeeper, env, file].map((kind) => [kind.name, kind]),
);
