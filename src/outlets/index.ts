import type { Outlet } from "../contract.ts";

/** Every outlet by name; a publication is `publish-LAYOUT`. */
export const outlets: ReadonlyMap<string, Outlet> = new Map<string, Outlet>();
