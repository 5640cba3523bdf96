import type { RegistryKind } from "../contract.ts";
import { consul } from "./consul.ts";
import { etcd } from "./etcd.ts";
import { memory } from "./memory.ts";
import { zookeeper } from "./zookeeper.ts";

/** Every registry driver by its name in `driver:`. */
export const registries: ReadonlyMap<string, RegistryKind> = new Map(
  [memory, consul, etcd, zookeeper].map((kind) => [kind.name, kind]),
);
