import { z } from "zod";
import { defineOutlet } from "../../contract.ts";
import type { PoolView, Row } from "../../core/types.ts";
import { canonicalKey } from "../../registry/keys.ts";
import { serving } from "./choose.ts";
import { keyedPart } from "./keyed.ts";
import { keyedOptions, template } from "./options.ts";
import { fill, fillPool, folderOf } from "./template.ts";

const options = z.strictObject({
  ...keyedOptions,
  key: template("folder of a target, with `{name}`, `{host}`, `{port}`, `{pool}`, `{group}`; required").regex(
    /^[^{]*[^{/]\/.*\{(name|host)\}|^\{pool\}\/.*\{(name|host)\}/,
    "needs a folder, and {name} or {host} below it, such as services/{pool}/{name}",
  ),
  values: z
    .record(z.string().regex(/^[^/\s]+$/, "a field's name has no slash or blank"), z.string())
    .refine((fields) => Object.keys(fields).length > 0, "needs at least one field")
    .default({ ip: "{host}", port: "{port}" })
    .describe('keys in the folder and their values; default `{ip: "{host}", port: "{port}"}`'),
});

/** A folder a target that serves, with a key a field. */
export const fields = defineOutlet({
  name: "publish-fields",
  summary: "a folder for every serving target with a key for each field",
  options,
  facts: {},
  create: (given, env) => {
    const keysOf = (row: Row, view: PoolView): (readonly [string, string])[] => {
      const folder = canonicalKey(fill(given.key, row.target, view));
      return Object.entries(given.values).map(([name, text]) => [`${folder}/${name}`, fill(text, row.target, view)]);
    };
    return keyedPart(
      {
        outlet: "publish-fields",
        registry: given.registry,
        template: given.key,
        folder: (view) => folderOf(fillPool(given.key, view)),
        wanted: (view) => new Map(serving(view).flatMap((row) => keysOf(row, view))),
        possible: (view) => new Set([...view.rows.values()].flatMap((row) => keysOf(row, view).map(([key]) => key))),
        onExit: given.on_exit,
        leaseMs: given.lease ?? null,
        lockTtlMs: given.lock_ttl,
      },
      env,
    );
  },
});
