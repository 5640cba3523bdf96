import { defaultPolicy, defaultPoolPolicy } from "../../src/core/policy.ts";
import { createPool } from "../../src/core/pool.ts";
import type {
  Claim,
  Input,
  Memory,
  Ms,
  Observation,
  Override,
  Policy,
  PoolPolicy,
  PoolView,
  Row,
  Target,
  Trigger,
  Verdict,
} from "../../src/core/types.ts";

/** A target; the number at the end of its name makes its address. */
export function target(name: string, part: Target["part"] = "member", port = 3306): Target {
  return { name, host: `10.0.0.${1 + (name.charCodeAt(0) % 200)}`, port, meta: {}, part };
}

/** An observation with a reason that says what it is. */
export function seen(outcome: Observation["outcome"], more: Partial<Observation> = {}): Observation {
  return { outcome, reason: `says ${outcome}`, facts: {}, weight: null, claim: null, ...more };
}

/** A claim to be the writer, or to follow one. */
export function claim(role: Claim["role"], more: Partial<Claim> = {}): Claim {
  return { role, follows: null, term: null, lineage: [], witness: null, ...more };
}

/** The numbers of a check with some changed. */
export function check(more: Partial<Policy> = {}): Policy {
  return { ...defaultPolicy, ...more };
}

/** The rules of a pool with some changed. */
export function rules(more: Partial<PoolPolicy> = {}): PoolPolicy {
  return { ...defaultPoolPolicy, ...more };
}

/** An order by "ann". */
export function order(kind: Override["order"], until: Ms | null = null, since: Ms = 0): Override {
  return { order: kind, owner: "ann", reason: "kernel upgrade", since, until };
}

/** What a bench is built from. */
export interface Setup {
  readonly targets?: readonly Target[];
  readonly policy?: Partial<PoolPolicy>;
  readonly checks?: readonly Partial<Policy>[];
  readonly memory?: Memory | null;
  readonly complete?: boolean;
  readonly at?: Ms;
}

/** A pool with a clock that stands until it is told to go on, and that wakes the pool when it asked for it. */
export class Bench {
  now: Ms;
  view: PoolView;
  wakeAt: Ms | null = null;
  changed: string[] = [];
  readonly #pool;

  constructor(setup: Setup = {}) {
    this.now = setup.at ?? 1_000_000;
    this.#pool = createPool({ pool: "p", group: null, memory: setup.memory ?? null });
    const checks = (setup.checks ?? [{}]).map(check);
    this.view = this.apply({ kind: "configured", policy: rules(setup.policy), checks });
    this.apply({
      kind: "listed",
      targets: setup.targets ?? ["a", "b", "c"].map((name) => target(name)),
      complete: setup.complete ?? true,
    });
  }

  apply(input: Input extends infer One ? (One extends { at: Ms } ? Omit<One, "at"> : never) : never): PoolView {
    const { view, changed, wakeAt } = this.#pool.apply({ ...input, at: this.now });
    this.view = view;
    this.wakeAt = wakeAt;
    this.changed = [...changed];
    return view;
  }

  /** Lets time pass and wakes the pool whenever that is due. */
  pass(ms: Ms): void {
    const end = this.now + ms;
    while (this.wakeAt !== null && this.wakeAt <= end) {
      this.now = Math.max(this.now, this.wakeAt);
      this.apply({ kind: "woken" });
    }
    this.now = end;
  }

  see(name: string, what: Observation | Observation["outcome"], by: Trigger = "timer", tookMs = 1): void {
    const observation = typeof what === "string" ? seen(what) : what;
    this.apply({ kind: "observed", target: name, check: 0, by, tookMs, seen: observation });
  }

  /** The same observation until it is confirmed, as the engine would at `fast`. */
  settle(name: string, what: Observation | Observation["outcome"], times = 3): void {
    for (let i = 0; i < times; i++) {
      this.pass(250);
      this.see(name, what);
    }
  }

  row(name: string): Row {
    const row = this.view.rows.get(name);
    if (row === undefined) throw new Error(`no row ${name}`);
    return row;
  }

  verdict(name: string): Verdict {
    const { verdict } = this.row(name);
    if (verdict === null) throw new Error(`no verdict of ${name}`);
    return verdict;
  }

  /** Names that take traffic. */
  serving(): string[] {
    return [...this.view.rows.values()]
      .filter(({ verdict }) => verdict !== null && verdict.state === "up" && verdict.weight > 0)
      .map((row) => row.target.name);
  }

  alarms(): string[] {
    return this.view.alarms.map((alarm) => alarm.code);
  }
}
