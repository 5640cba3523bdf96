import { z } from "zod";
import { defineOutlet } from "../../contract.ts";
import type { PoolView } from "../../core/types.ts";
import { canonicalKey } from "../../registry/keys.ts";
import { keyedPart } from "./keyed.ts";
import { keyedOptions, template } from "./options.ts";
import { fillPool } from "./template.ts";

const options = z.strictObject({
  ...keyedOptions,
  key: template("key of the document, with `{pool}` and `{group}`; required"),
});

/** All targets of a pool by name; what changes at every probe (facts, reasons) is left out, so that it is written only on change. */
export function poolDocument(view: PoolView): string {
  const targets = [...view.rows.values()]
    .filter(({ target }) => target.part !== "reference")
    .sort((a, b) => (a.target.name < b.target.name ? -1 : 1))
    .map(({ target, verdict }) => ({
      name: target.name,
      host: target.host,
      port: target.port,
      state: verdict?.state ?? "unknown",
      weight: verdict?.weight ?? 0,
      order: verdict?.order ?? null,
    }));
  return JSON.stringify({ pool: view.pool, group: view.group, targets });
}

/** One JSON document with all targets of the pool and their state. */
export const pool = defineOutlet({
  name: "publish-pool",
  summary: "one JSON document with all targets and their state",
  options,
  facts: {},
  create: (given, env) => {
    const keyOf = (view: Pick<PoolView, "pool" | "group">): string => canonicalKey(fillPool(given.key, view));
    return keyedPart(
      {
        outlet: "publish-pool",
        registry: given.registry,
        template: given.key,
        folder: keyOf,
        wanted: (view) => new Map([[keyOf(view), poolDocument(view)]]),
        possible: (view) => new Set([keyOf(view)]),
        onExit: given.on_exit,
        leaseMs: given.lease ?? null,
        lockTtlMs: given.lock_ttl,
      },
      env,
    );
  },
});
