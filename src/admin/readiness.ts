import { z } from "zod";
import type { Settings } from "../config/settings.ts";
import type { Board } from "../contract.ts";
import type { PoolView } from "../core/types.ts";
import type { Chronicle } from "./chronicle.ts";
import type { RegistryState } from "./registry-watch.ts";

/** GET /healthz. */
export const healthAnswer = z
  .strictObject({ ok: z.literal(true), version: z.string(), uptimeSeconds: z.number() })
  .meta({ id: "Health" });

/** GET /readyz: 200 with nothing to wait for, else 503. */
export const readyAnswer = z
  .strictObject({
    ready: z.boolean(),
    waiting: z.array(z.string()).describe("pools without a verdict, registries and sockets that do not answer"),
  })
  .meta({ id: "Ready" });

export type ReadyAnswer = z.infer<typeof readyAnswer>;

/** What readiness is seen from. */
export interface ReadinessGiven {
  readonly board: Board;
  readonly chronicle: Chronicle;
  registries(): readonly RegistryState[];
  settings(): Settings;
}

/** Whether every pool has a verdict, and registries and sockets are reached. */
export function readiness({ board, chronicle, registries, settings }: ReadinessGiven): ReadyAnswer {
  const waiting = [
    ...settings().pools.flatMap(({ name }) => poolWaits(name, board.pool(name))),
    ...registryWaits(registries(), settings()),
    ...socketWaits(chronicle),
  ];
  return { ready: waiting.length === 0, waiting };
}

function poolWaits(name: string, view: PoolView | null): readonly string[] {
  if (view === null) return [`pool ${name}: not started`];
  if (!view.settled) return [`pool ${name}: not everything has answered once`];
  const rows = [...view.rows.values()].filter(({ target }) => target.part !== "reference");
  const judged = rows.length === 0 || rows.some(({ verdict }) => verdict !== null);
  return judged ? [] : [`pool ${name}: no verdict yet`];
}

function registryWaits(states: readonly RegistryState[], { registries }: Settings): readonly string[] {
  return states.flatMap(({ name, state, error }) => {
    const fine = state === "reached" || state === "unused" || !registries.has(name);
    return fine ? [] : [`registry ${name}: ${state}: ${error ?? "no answer"}`];
  });
}

function socketWaits(chronicle: Chronicle): readonly string[] {
  const failing = [...chronicle.all()].filter(([, { outlet, state }]) => outlet === "runtime" && state === "failed");
  return [...new Set(failing.map(([pool, { error }]) => `runtime of pool ${pool}: ${error ?? "no answer"}`))];
}
