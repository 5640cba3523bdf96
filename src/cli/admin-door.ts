import type { Agent } from "../../agent/server.ts";
import type { Admin } from "../admin/admin.ts";
import { RenderWatch } from "../admin/metrics/render-watch.ts";
import type { WatchedRegistries } from "../admin/registry-watch.ts";
import type { Settings } from "../config/settings.ts";
import type { Clock, Log } from "../contract.ts";
import type { Engine } from "../engine/engine.ts";
import type { Observer } from "../engine/inside.ts";
import type { Outcome } from "../render/outcome.ts";
import { version } from "./exit.ts";

/** What the admin part is put together from. */
export interface AdminDoorGiven {
  readonly engine: Engine;
  readonly agent: Agent;
  readonly clock: Clock;
  readonly log: Log;
  readonly registries: WatchedRegistries;
  /** The newest settings. */
  settings(): Settings;
  /** From now on these are told what the engine does. */
  observe(observer: Observer): void;
}

/** Opens the admin part with the first configuration that has one: nobody else pays for its libraries. */
export interface AdminDoor {
  open(settings: Settings): Promise<Admin | null>;
  /** Is told what became of each rendered file. */
  rendered(dest: string, outcome: Outcome): void;
}

const RESULTS = {
  "in sync": "unchanged",
  "not modified": "unchanged",
  updated: "written",
  held: "held",
  failed: "failed",
} as const;

/** Makes the door; nothing is loaded yet. */
export function createAdminDoor(given: AdminDoorGiven): AdminDoor {
  const { engine, agent, clock, log, registries, settings } = given;
  const { board, prober, orders, journal } = engine;
  const renders = new RenderWatch(clock);
  let admin: Admin | null = null;
  return {
    rendered: (resource, { kind }) => renders.rendered({ resource, result: RESULTS[kind] }),
    async open(wanted) {
      if (wanted.admin === null || admin !== null) return admin;
      const [{ openAdmin }, { createPage }] = await Promise.all([
        import("../admin/admin.ts"),
        import("../admin/page/server.tsx"),
      ]);
      admin = await openAdmin({
        ...{ board, prober, orders, journal, clock, log, version, agent, renders, settings },
        registries: registries.states,
        page: createPage,
      });
      given.observe(admin.observer);
      return admin;
    },
  };
}
