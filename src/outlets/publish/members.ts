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
  key: template("key of a target, with `{name}`, `{host}`, `{port}`, `{pool}`, `{group}`; required").regex(
    /^[^{]*[^{/]\/.*\{(name|host)\}|^\{pool\}\/.*\{(name|host)\}/,
    "needs a folder, and {name} or {host} below it, such as services/{pool}/{name}",
  ),
  value: z.string().default("{host}:{port}").describe("value of a target; default `{host}:{port}`"),
});

/** A key a target that serves. */
export const members = defineOutlet({
  name: "publish-members",
  summary: "a key for every serving target",
  options,
  facts: {},
  create: (given, env) => {
    const keyOf = (row: Row, view: PoolView): string => canonicalKey(fill(given.key, row.target, view));
    return keyedPart(
      {
        outlet: "publish-members",
        registry: given.registry,
        template: given.key,
        folder: (view) => folderOf(fillPool(given.key, view)),
        wanted: (view) => new Map(serving(view).map((row) => [keyOf(row, view), fill(given.value, row.target, view)])),
        possible: (view) => new Set([...view.rows.values()].map((row) => keyOf(row, view))),
        onExit: given.on_exit,
        leaseMs: given.lease ?? null,
        lockTtlMs: given.lock_ttl,
      },
      env,
    );
  },
});
