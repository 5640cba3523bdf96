import type { SourceKind } from "../../src/index.ts";
import { mysql } from "./mysql.ts";

/** Every kind of source, by its name in the configuration. */
export const sources: ReadonlyMap<string, SourceKind> = new Map([mysql].map((source) => [source.name, source]));
