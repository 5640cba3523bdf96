import type { Outlet } from "../contract.ts";
import { current } from "./publish/current.ts";
import { fields } from "./publish/fields.ts";
import { members } from "./publish/members.ts";
import { pool } from "./publish/pool.ts";
import { service } from "./publish/service.ts";
import { runtime } from "./runtime/runtime.ts";

/** Every outlet by name; a publication is `publish-LAYOUT`. */
export const outlets: ReadonlyMap<string, Outlet> = new Map(
  [current, members, fields, pool, service, runtime].map((kind) => [kind.name, kind]),
);
