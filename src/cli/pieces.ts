// What runs beside the pools, as parts: made anew from the settings at each load, started and stopped by the engine.
import type { Agent } from "../../agent/server.ts";
import type { PoolSettings, Settings } from "../config/settings.ts";
import type { OutletEnv } from "../contract.ts";
import type { Piece } from "../engine/parts.ts";

/** The outlets of one pool; the key of the options decides whether one is the same as before. */
function outletPieces(pool: PoolSettings, env: OutletEnv): Piece[] {
  return pool.outlets.map(({ kind, options, key }, index) => {
    const part = kind.create(options, env);
    return { part: { key: `${part.key} ${index} ${key}`, start: () => part.start() }, holds: [`outlet:${part.key}`] };
  });
}

/** All parts but the pools in the order they are stopped in: those that tell first, the agent's ports last. */
export function piecesOf(settings: Settings, agent: Agent, outletEnv: (pool: string) => OutletEnv): Piece[] {
  const outlets = settings.pools.flatMap((pool) => outletPieces(pool, outletEnv(pool.name)));
  return [...outlets, ...agent.parts(settings.agent)];
}
