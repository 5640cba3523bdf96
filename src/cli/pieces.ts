// What runs beside the pools, as parts: made anew from the settings at each load, started and stopped by the engine.
import type { Agent } from "../../agent/server.ts";
import type { Admin } from "../admin/admin.ts";
import type { PoolSettings, Settings } from "../config/settings.ts";
import type { Clock, Log, OutletEnv, Registry } from "../contract.ts";
import type { TargetId } from "../core/types.ts";
import type { GivenOutletEnv } from "../engine/outlet-env.ts";
import type { Piece } from "../engine/parts.ts";
import { describeError } from "../errors.ts";
import { keepRunning } from "../haproxy/keep-running.ts";
import type { Outcome } from "../render/outcome.ts";
import { renderPiece } from "../render/part.ts";

/** The outlets of one pool; the key of the options decides whether one is the same as before. */
function outletPieces(
  pool: PoolSettings,
  make: (options: unknown) => OutletEnv & Pick<GivenOutletEnv, "over">,
): Piece[] {
  return pool.outlets.map(({ kind, options, key }, index) => {
    const env = make(options);
    const part = kind.create(options, env);
    const start: typeof part.start = async () => {
      const { stop } = await part.start();
      return {
        async stop(why) {
          await stop(why);
          if (why !== "exit") env.over();
        },
      };
    };
    return { part: { key: `${part.key} ${index} ${key}`, start }, holds: [`outlet:${part.key}`] };
  });
}

/** How many HAProxies an outlet reads back. */
function socketsIn(options: unknown): number {
  const sockets = typeof options === "object" && options !== null && "sockets" in options ? options.sockets : null;
  return Array.isArray(sockets) ? sockets.length : 0;
}

/** Ports on which this daemon answers about a target. */
function agentPorts({ agent }: Settings, pool: string): (target: string) => readonly number[] {
  const shared = agent.listen.flatMap((text) => /:(\d+)$/.exec(text)?.[1] ?? []).map(Number);
  const own = new Map(agent.ports.filter((each) => each.pool === pool).map(({ target, port }) => [target, port]));
  return (target) => {
    const port = own.get(target);
    return port === undefined ? shared : [port, ...shared];
  };
}

/** What is known once for the life of the process. */
export interface PiecesGiven {
  readonly agent: Agent;
  /** Null while no configuration had an admin section. */
  readonly admin: Admin | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly dryRun: boolean;
  readonly stateDir: string | null;
  registry(name: string): Registry;
  outletEnv(pool: string, heard: (id: TargetId) => void): GivenOutletEnv;
  /** Is told what became of each rendered file. */
  rendered(dest: string, outcome: Outcome): void;
}

/** All parts but the pools in the order they are stopped in: those that tell first, the agent's ports last. */
export function piecesOf(settings: Settings, given: PiecesGiven): Piece[] {
  const { agent, admin, clock, log, dryRun, stateDir, registry } = given;
  const outlets = settings.pools.flatMap((pool) =>
    outletPieces(pool, (options) => ({
      ...given.outletEnv(pool.name, (id) => agent.shown(id, socketsIn(options))),
      dryRun,
      agentPorts: agentPorts(settings, pool.name),
    })),
  );
  const told = (dest: string, outcome: Outcome): void => {
    if (dryRun && outcome.kind === "not modified") log("info", `dry run: would replace ${dest}`);
    given.rendered(dest, outcome);
  };
  const renders = settings.render.map((each) => renderPiece(each, { clock, log, dryRun, stateDir, registry, told }));
  const doors = admin?.parts(settings) ?? [];
  // Whoever asks an agent port acts on the answer: a dry run has none.
  if (dryRun) return [...outlets, ...renders, ...doors.map((piece) => unlessTaken(piece, log))];
  const haproxies = settings.haproxy.map((each) => ({
    part: keepRunning(each, clock, log),
    holds: [`file:${each.pidFile}`],
  }));
  return [...outlets, ...renders, ...haproxies, ...doors, ...agent.parts(settings.agent)];
}

/** A dry run goes on without a port that the daemon beside it has. */
function unlessTaken({ part, holds }: Piece, log: Log): Piece {
  const start: typeof part.start = async () => {
    try {
      return await part.start();
    } catch (error) {
      log("warn", `dry run: goes on without ${describeError(error)}`);
      return { stop: async () => {} };
    }
  };
  return { part: { key: part.key, start }, holds };
}
