import type { Counter, Registry } from "prom-client";
import type { Board, Clock, Journal } from "../../contract.ts";
import type { Observer } from "../../engine/inside.ts";
import type { Chronicle } from "../chronicle.ts";
import type { HubCounts } from "../events/hub.ts";
import type { RegistryState } from "../registry-watch.ts";
import { type AgentCounts, agentMetrics, gauge, single } from "./agent.ts";
import { engineMetrics } from "./engine.ts";
import { outletMetrics, registryMetrics } from "./outlets.ts";
import { poolMetrics } from "./pools.ts";
import type { Prom } from "./prom.ts";
import { renderMetrics } from "./render.ts";
import type { RenderWatch } from "./render-watch.ts";

/** What the metrics are made from. */
export interface MetricsGiven {
  readonly board: Board;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly chronicle: Chronicle;
  readonly version: string;
  readonly agent: AgentCounts;
  readonly renders: RenderWatch;
  registries(): readonly RegistryState[];
  typesOf(pool: string): readonly string[];
  events(): HubCounts;
}

/** The metrics of the daemon. */
export interface Metrics {
  readonly type: string;
  text(): Promise<string>;
  /** Tells the metrics what the engine does. */
  readonly observer: Observer;
  /** A request of the API was answered. */
  served(route: string, method: string, status: number): void;
}

/** Makes all metrics; names and units follow Prometheus' rules. */
export function createMetrics(prom: Prom, given: MetricsGiven): Metrics {
  const registry = new prom.Registry();
  // Process, memory, garbage collection, and the lag of the event loop (nodejs_eventloop_lag_*).
  prom.collectDefaultMetrics({ register: registry });
  buildInfo(prom, registry, given.version);
  const engine = engineMetrics(prom, registry, given.typesOf);
  poolMetrics(prom, registry, given);
  outletMetrics(prom, registry, given);
  registryMetrics(prom, registry, given);
  renderMetrics(prom, registry, given.renders, given.clock);
  agentMetrics(prom, registry, given.agent);
  const requests = apiMetrics(prom, registry, given);
  return {
    type: registry.contentType,
    text: () => registry.metrics(),
    observer: engine,
    served: (route, method, status) => requests.inc({ route, method, status: String(status) }),
  };
}

function buildInfo({ Gauge: G }: Prom, registry: Registry, version: string): void {
  const info = new G({
    name: "checkd_build_info",
    help: "Always 1: which checkd this is.",
    labelNames: ["version", "node"],
    registers: [registry],
  });
  info.set({ version, node: process.versions.node }, 1);
}

function apiMetrics({ Counter: C, Gauge: G }: Prom, registry: Registry, given: MetricsGiven): Counter {
  const registers = [registry];
  gauge(G, registers, "checkd_events_clients", "Clients of /api/events.", () => given.events().clients);
  single(
    C,
    registers,
    "checkd_events_dropped_total",
    "Clients of /api/events let go as they did not read.",
    () => given.events().dropped,
  );
  single(
    C,
    registers,
    "checkd_events_refused_total",
    "Clients of /api/events refused as there were too many.",
    () => given.events().refused,
  );
  return new C({
    name: "checkd_http_requests_total",
    help: "Requests of the API, by route.",
    labelNames: ["route", "method", "status"],
    registers,
  });
}
