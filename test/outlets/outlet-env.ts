import type { Clock, Delivery, Log, OutletEnv, Registry } from "../../src/contract.ts";
import type { PoolPolicy, PoolView, Row, Target, Verdict } from "../../src/core/types.ts";
import { LiveBoard } from "../../src/engine/board.ts";

/** A row of a made-up pool: `up`, `down`, or a weight. */
export interface Made {
  readonly host?: string;
  readonly port?: number;
  readonly state: "up" | "down" | "none";
  readonly weight?: number;
  readonly order?: "drain" | "maint";
  readonly part?: Target["part"];
}

let revision = 0;

/** A view of a made-up pool. */
export function viewOf(
  pool: string,
  made: Readonly<Record<string, Made>>,
  settled = true,
  group: string | null = null,
  since = 0,
): PoolView {
  const rows = Object.entries(made).map(([name, each]): [string, Row] => {
    const target: Target = {
      name,
      host: each.host ?? "10.0.0.1",
      port: each.port ?? 80,
      meta: {},
      part: each.part ?? "member",
    };
    const weight = each.weight ?? (each.state === "up" ? 100 : 0);
    const verdict: Verdict | null =
      each.state === "none"
        ? null
        : {
            id: `${pool}/${name}`,
            target,
            state: each.state,
            weight,
            order: each.order ?? null,
            reason: `made ${each.state}`,
            since,
            observedAt: 0,
            staleAt: Number.POSITIVE_INFINITY,
            chain: [],
          };
    return [name, { target, health: [], override: null, verdict }];
  });
  revision += 1;
  const policy = { haproxyWeight: null } as PoolPolicy; // all that outlets look at
  const memory = { writer: null, handoverUntil: null, brakedSince: null, targets: {} } as PoolView["memory"];
  return { pool, group, revision, policy, checks: [], rows: new Map(rows), alarms: [], memory, settled };
}

/** What an outlet is given, with all it reported and logged. */
export function outletEnv(pool: string, clock: Clock, registry: Registry) {
  const deliveries: Delivery[] = [];
  const lines: string[] = [];
  const log: Log = (level, text) => void lines.push(`${level} ${text}`);
  const board = new LiveBoard(log);
  const env: OutletEnv = {
    pool,
    clock,
    log,
    board,
    registry: () => registry,
    report: (delivery) => void deliveries.push(delivery),
    agentPorts: () => [],
    dryRun: false,
  };
  return { env, board, deliveries, lines };
}
