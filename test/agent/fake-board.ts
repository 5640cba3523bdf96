import { initialHealth } from "../../src/core/judge.ts";
import { emptyMemory } from "../../src/core/memory.ts";
import { defaultPolicy, defaultPoolPolicy } from "../../src/core/policy.ts";
import type { HealthState, Policy, PoolPolicy, PoolView, Row, TargetId, Verdict } from "../../src/core/types.ts";
import type { Board, Prober } from "../../src/index.ts";

/** What a row of a test differs in from a fresh, healthy one. */
export interface RowChange {
  readonly state?: "up" | "down" | null;
  readonly reason?: string;
  readonly weight?: number;
  readonly order?: Verdict["order"];
  readonly since?: number;
  readonly observedAt?: number;
  readonly staleAt?: number;
  readonly pending?: boolean;
  readonly chain?: Verdict["chain"];
}

/** A row as the engine posts it. */
export function rowOf(pool: string, name: string, change: RowChange = {}): Row {
  const { state = "up", observedAt = 0, since = 0, pending = false } = change;
  const target = { name, host: "127.0.0.1", port: 80, meta: {}, part: "member" } as const;
  const latch = { on: state === "up", streak: 1, since };
  const health: HealthState = {
    ...initialHealth(since),
    ...{ state: state ?? "unknown", since, alive: latch, good: latch, pending },
    observedAt: state === null ? null : observedAt,
  };
  if (state === null) return { target, health: [health], override: null, verdict: null };
  const { reason = "fine", weight = 100, order = null, staleAt = Number.POSITIVE_INFINITY, chain = [] } = change;
  const id: TargetId = `${pool}/${name}`;
  const verdict = { id, target, state, weight, order, reason, since, observedAt, staleAt, chain };
  return { target, health: [health], override: null, verdict };
}

/** A board that a test writes. */
export class FakeBoard implements Board {
  readonly #views = new Map<string, PoolView>();

  /** Puts or replaces one row. */
  put(pool: string, name: string, change: RowChange = {}): void {
    const view = this.#viewOf(pool);
    this.#views.set(pool, { ...view, rows: new Map(view.rows).set(name, rowOf(pool, name, change)) });
  }

  drop(pool: string, name: string): void {
    const view = this.#viewOf(pool);
    const rows = new Map(view.rows);
    rows.delete(name);
    this.#views.set(pool, { ...view, rows });
  }

  setPolicy(pool: string, policy: Partial<PoolPolicy>, check: Partial<Policy> = {}): void {
    const view = this.#viewOf(pool);
    const checks = view.checks.map((each) => ({ ...each, ...check }));
    this.#views.set(pool, { ...view, policy: { ...view.policy, ...policy }, checks });
  }

  get(id: TargetId): Row | null {
    const [pool = "", name = ""] = id.split("/");
    return this.#views.get(pool)?.rows.get(name) ?? null;
  }

  pool(name: string): PoolView | null {
    return this.#views.get(name) ?? null;
  }

  pools(): Iterable<PoolView> {
    return this.#views.values();
  }

  follow(): void {
    throw new Error("the agent does not follow the board");
  }

  #viewOf(pool: string): PoolView {
    const known = this.#views.get(pool);
    if (known !== undefined) return known;
    const rest = { group: null, revision: 1, alarms: [], memory: emptyMemory, settled: true };
    return { ...rest, pool, policy: defaultPoolPolicy, checks: [defaultPolicy], rows: new Map() };
  }
}

/** A prober whose probes end when the test says so. */
export class FakeProber implements Prober {
  readonly asked: TargetId[] = [];
  readonly #open: (() => void)[] = [];
  /** What each probe does; by default it hangs until `settle`. */
  probe: (id: TargetId) => Promise<void> = () => new Promise((done) => this.#open.push(done));

  refresh(id: TargetId): Promise<void> {
    this.asked.push(id);
    return this.probe(id);
  }

  /** Ends all probes that hang. */
  settle(): void {
    for (const done of this.#open.splice(0)) done();
  }
}
