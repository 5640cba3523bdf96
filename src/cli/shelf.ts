import { join } from "node:path";
import { SharedShelf } from "../admin/overrides/shared-shelf.ts";
import type { Clock, Log, Registry } from "../contract.ts";
import { fileShelf } from "../engine/order-shelf.ts";

/** What the shelf of orders is put together from. */
export interface ShelfGiven {
  readonly clock: Clock;
  readonly log: Log;
  readonly stateDir: string | null;
  readonly dryRun: boolean;
  registry(name: string): Registry;
}

/** Where orders are kept: in `state_dir`, and with other daemons where that is configured. A dry run reads them and keeps nothing. */
export function openShelf({ clock, log, stateDir, dryRun, registry }: ShelfGiven): SharedShelf {
  const inDir = (name: string): string | null => (stateDir === null ? null : join(stateDir, name));
  const own = fileShelf(inDir("orders.json"));
  const given = { clock, log, registry: (name: string) => registry(name) };
  if (dryRun) return new SharedShelf({ ...given, own: { ...own, put: async () => {} }, file: null });
  return new SharedShelf({ ...given, own, file: inDir("shared-orders.json") });
}
