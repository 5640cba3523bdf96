import type { SourceKind } from "../../src/index.ts";
import { mysql } from "./mysql.ts";
import { registry } from "./registry.ts";
import { sentinelSource } from "./sentinel.ts";

/** Every kind of source, by its name in the configuration. */
export const sources: ReadonlyMap<string, SourceKind> = new Map(
  [mysql, sentinelSource, registry].map((source) => [source.name, source]),
);
