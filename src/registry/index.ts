import type { RegistryKind } from "../contract.ts";
import { memory } from "./memory.ts";

/** Every registry driver by its name in `driver:`. */
export const registries: ReadonlyMap<string, RegistryKind> = new Map([memory].map((kind) => [kind.name, kind]));
