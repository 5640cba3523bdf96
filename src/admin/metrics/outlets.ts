import type { Counter, Gauge, Registry } from "prom-client";
import type { Board, Clock, Delivery, Journal } from "../../contract.ts";
import type { Chronicle } from "../chronicle.ts";
import type { RegistryState } from "../registry-watch.ts";
import type { Prom } from "./prom.ts";

/** What the metrics of outlets and registries read. */
export interface OutletGauges {
  readonly board: Board;
  readonly chronicle: Chronicle;
  readonly journal: Journal;
  readonly clock: Clock;
  registries(): readonly RegistryState[];
}

const STATES = ["synced", "pending", "failed"] as const;
type State = (typeof STATES)[number];

interface Tally {
  readonly pool: string;
  readonly outlet: string;
  readonly states: Record<State, number>;
  /** When the oldest of its last words was said; what is not synced for long is old. */
  oldestUnsynced: number | null;
  newest: number;
}

/** Metrics of publications and of the runtime sockets: whether what was told is what is shown, and since when. */
export function outletMetrics({ Counter: C, Gauge: G }: Prom, registry: Registry, given: OutletGauges): void {
  const registers = [registry];
  const labelNames = ["pool", "outlet"];
  deliveryMetrics(C, registry, given);
  const each = (name: string, help: string, read: (tally: Tally) => number): void => {
    new G({
      ...{ name, help, labelNames, registers },
      collect(this: Gauge) {
        this.reset();
        for (const tally of talliesOf(given)) this.set({ pool: tally.pool, outlet: tally.outlet }, read(tally));
      },
    });
  };
  each("checkd_outlet_synced", "1 while all that was told is shown.", ({ states }) =>
    Number(states.pending + states.failed === 0),
  );
  each("checkd_outlet_failed", "Things an outlet could not tell.", ({ states }) => states.failed);
  each("checkd_outlet_pending", "Things told that are not shown yet.", ({ states }) => states.pending);
  each("checkd_outlet_unsynced_seconds", "How long something has not been shown as told; 0 when all is.", (tally) =>
    tally.oldestUnsynced === null ? 0 : (given.clock.now() - tally.oldestUnsynced) / 1000,
  );
  each(
    "checkd_outlet_age_seconds",
    "Time since an outlet told anything.",
    ({ newest }) => Math.max(0, given.clock.now() - newest) / 1000,
  );
}

/** Counts what outlets told; a pool that is gone leaves no series behind, though its last words may come after it. */
function deliveryMetrics(C: Prom["Counter"], registry: Registry, { board, journal }: OutletGauges): void {
  const said = new Map<string, { readonly pool: string; readonly outlet: string; readonly state: State }>();
  const told = new C({
    name: "checkd_outlet_deliveries_total",
    help: "What outlets told, by what came of it.",
    labelNames: ["pool", "outlet", "state"],
    registers: [registry],
    collect(this: Counter) {
      for (const [key, labels] of said) {
        if (board.pool(labels.pool) !== null) continue;
        this.remove(labels);
        said.delete(key);
      }
    },
  });
  journal.follow(
    null,
    ({ pool, what }) => {
      if (!("outlet" in what)) return;
      const labels = { pool, outlet: what.outlet, state: what.state };
      said.set(JSON.stringify(labels), labels);
      told.inc(labels);
    },
    new AbortController().signal,
  );
}

function talliesOf({ board, chronicle }: OutletGauges): Iterable<Tally> {
  const tallies = new Map<string, Tally>();
  for (const [pool, delivery] of chronicle.all()) {
    if (board.pool(pool) === null) continue;
    const key = JSON.stringify([pool, delivery.outlet]);
    const tally = tallies.get(key) ?? newTally(pool, delivery);
    tally.states[delivery.state] += 1;
    tally.newest = Math.max(tally.newest, delivery.at);
    const since = chronicle.unsyncedSince(pool, delivery);
    if (since !== null) tally.oldestUnsynced = Math.min(tally.oldestUnsynced ?? since, since);
    tallies.set(key, tally);
  }
  return tallies.values();
}

const newTally = (pool: string, { outlet, at }: Delivery): Tally => ({
  ...{ pool, outlet },
  states: { synced: 0, pending: 0, failed: 0 },
  oldestUnsynced: null,
  newest: at,
});

/** Metrics of registries: whether they answer those who ask. */
export function registryMetrics({ Counter: C, Gauge: G }: Prom, registry: Registry, given: OutletGauges): void {
  const registers = [registry];
  const labelNames = ["registry"];
  new G({
    name: "checkd_registry_up",
    help: "1 while a registry answers, 0 while it does not; missing before it is used.",
    ...{ labelNames, registers },
    collect(this: Gauge) {
      this.reset();
      for (const { name, state } of given.registries())
        if (state !== "unused") this.set({ registry: name }, Number(state === "reached"));
    },
  });
  new G({
    name: "checkd_registry_state_age_seconds",
    help: "How long a registry has been as it is.",
    ...{ labelNames: ["registry", "state"], registers },
    collect(this: Gauge) {
      this.reset();
      for (const { name, state, since } of given.registries())
        this.set({ registry: name, state }, Math.max(0, given.clock.now() - since) / 1000);
    },
  });
  new C({
    name: "checkd_registry_requests_total",
    help: "Questions to registries, by whether they were answered.",
    ...{ labelNames: ["registry", "result"], registers },
    collect(this: Counter) {
      this.reset();
      for (const { name, answers, failures } of given.registries()) {
        this.inc({ registry: name, result: "answered" }, answers);
        this.inc({ registry: name, result: "failed" }, failures);
      }
    },
  });
}
