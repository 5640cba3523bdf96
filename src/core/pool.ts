import { rivalry } from "./decide/floor.ts";
import { decide } from "./decide/index.ts";
import { majority } from "./decide/witness.ts";
import { judge } from "./judge.ts";
import { emptyMemory, forgetWriter, rearranged } from "./memory.ts";
import { memoryAfter, type Nap, napAt, rulesAfter } from "./nap.ts";
import { defaultPoolPolicy } from "./policy.ts";
import {
  changedNames,
  departed,
  formerPlaces,
  freshened,
  movedNames,
  type Rows,
  relist,
  replaced,
  sameClaim,
  sameRows,
  sameSight,
  unseen,
  withVerdicts,
} from "./rows.ts";
import type {
  Alarm,
  HealthState,
  Input,
  Memory,
  Ms,
  Override,
  Policy,
  Pool,
  PoolPolicy,
  PoolView,
  Row,
  Target,
  TargetMemory,
} from "./types.ts";
import { baseWeight } from "./weight.ts";

/** What a pool starts from; `memory` is what was kept in state_dir, its times moved to steady time. */
export interface PoolGiven {
  readonly pool: string;
  readonly group: string | null;
  readonly memory: Memory | null;
}

type Observed = Extract<Input, { kind: "observed" }>;
type Applied = ReturnType<Pool["apply"]>;
const none: readonly string[] = [];

/**
 * The fold of a pool. A view is replaced as a whole when the pool decides. In between an observation that changes no verdict
 * costs O(1): only its own row, in the `rows` of the current view, is replaced by one with a newer time, facts and reason.
 */
export function createPool(given: PoolGiven): Pool {
  return new Fold(given);
}

class Fold implements Pool {
  readonly #given: PoolGiven;
  readonly #overrides = new Map<string, Override>();
  readonly #rivals = new Map<string, number>();
  /** The memory of each target: looked up at every observation, which a plain record of thousands is slow at. */
  #known: ReadonlyMap<string, TargetMemory> = new Map();
  #policy: PoolPolicy = defaultPoolPolicy;
  #checks: readonly Policy[] = [];
  #names: readonly string[] = [];
  #rows: Rows = new Map();
  #memory: Memory;
  #alarms: readonly Alarm[] = [];
  #complete = false;
  #settled = false;
  #settleAt: Ms | null = null;
  #unseen = 0;
  #wakeAt: Ms | null = null;
  #leaving: string | null = null;
  #lastAt: Ms = 0;
  #nap: Nap | null = null;
  #view: PoolView;

  constructor(given: PoolGiven) {
    this.#given = given;
    this.#memory = given.memory ?? emptyMemory;
    this.#view = this.#viewOf(0);
  }

  apply(input: Input): Applied {
    const rested = this.#rest(input.at);
    const matters = this.#take(input);
    const before = this.#settled;
    this.#settled ||= this.#isSettled(input.at);
    if (!this.#settled) return this.#looking(matters);
    const due = matters || rested || !before || (this.#wakeAt !== null && input.at >= this.#wakeAt);
    return due ? this.#decided(input.at) : { view: this.#view, changed: none, wakeAt: this.#wakeAt };
  }

  /** Notes that the process was frozen; true when the pool has just slept that off. */
  #rest(at: Ms): boolean {
    const was = this.#nap;
    this.#nap = napAt(at, this.#wakeAt, this.#lastAt, was, this.#policy.settleMs);
    if (was === null && this.#nap !== null) this.#memory = memoryAfter(this.#nap, this.#lastAt, this.#memory);
    this.#lastAt = at;
    return was !== null && this.#nap === null;
  }

  #take(input: Input): boolean {
    switch (input.kind) {
      case "configured":
        return this.#configured(input);
      case "listed":
        return this.#listed(input.targets, input.complete, input.at);
      case "observed":
        return this.#observed(input);
      case "ordered":
        return this.#ordered(input.target, input.override);
      case "heard":
        return this.#heard(input.target, input.at);
      case "woken":
        return false;
      default:
        return input satisfies never;
    }
  }

  #configured({ policy, checks, names, at }: Extract<Input, { kind: "configured" }>): boolean {
    this.#policy = policy;
    this.#checks = checks;
    this.#settleAt ??= at + policy.settleMs;
    this.#rows = replaced(this.#rows, formerPlaces(this.#names, names, checks.length), at);
    this.#names = names ?? [];
    this.#memory = rearranged(this.#memory, names);
    this.#unseen = unseen(this.#rows);
    return true;
  }

  #listed(targets: readonly Target[], complete: boolean, at: Ms): boolean {
    this.#complete ||= complete;
    if (targets.some((target) => target.name === this.#leaving)) this.#letGo();
    const rows = this.#rows;
    const ground = { checks: this.#checks.length, memory: this.#memory, overrides: this.#overrides, at };
    const next = relist(rows, targets, ground);
    this.#memory = movedNames(rows, next).reduce(forgetWriter, this.#memory);
    this.#keepLeaving(rows, next, at);
    if (sameRows(rows, next)) return false;
    this.#rows = next;
    this.#unseen = unseen(next);
    return true;
  }

  /** A writer that HAProxy still has up cannot just vanish: its agent must say down until that is heard. */
  #keepLeaving(rows: Rows, next: Rows, at: Ms): void {
    const { served, handoverUntil } = this.#memory;
    const old = served === null ? undefined : rows.get(served);
    if (served === null || old === undefined || next.has(served)) return;
    if (this.#policy.role !== "writer" || old.verdict === null) return;
    if (this.#leaving !== served && handoverUntil !== null && handoverUntil <= at) return;
    next.set(served, this.#leaving === served ? old : departed(old, at));
    this.#leaving = served;
  }

  #observed(input: Observed): boolean {
    const row = this.#rows.get(input.target);
    const was = row?.health[input.check];
    const policy = this.#checks[input.check];
    if (row === undefined || was === undefined || policy === undefined || this.#leaving === input.target) return false;
    const now = judge(was, input.seen, input.by, policy, input.at, input.at - input.tookMs);
    if (was.observedAt === null) this.#unseen -= 1;
    const news = this.#noteAgreement(input);
    const health = row.health.length === 1 ? [now] : row.health.map((one, i) => (i === input.check ? now : one));
    const judged = this.#known.get(input.target)?.judged ?? "unknown";
    const verdict = row.verdict && freshened(row.verdict, health, judged, this.#policy, input.at);
    const next = { target: row.target, health, override: row.override, verdict };
    this.#rows.set(input.target, next);
    return this.#settled && (news || this.#moves(was, now, next) || this.#outdone(next, policy, input));
  }

  /** Whether an observation can change a verdict: a state, a first answer, blindness, a claim or a step of weight. */
  #moves(was: HealthState, now: HealthState, row: Row): boolean {
    if (was.state !== now.state || was.observedAt === null || !sameSight(was, now)) return true;
    if (now.claimed !== was.claimed && (!sameClaim(was.claimed, now.claimed) || this.#lapsed(was, now))) return true;
    if (was.pending && !now.pending && this.#alarms.some((alarm) => alarm.code === "unfit-kept")) return true;
    const former = this.#known.get(row.target.name);
    const contested = this.#policy.role === "writer" && this.#alarms.some((alarm) => alarm.code === "two-writers");
    if (contested || former === undefined) return contested;
    if (this.#policy.weight === null && (now.last?.weight ?? null) === null && former.base === 100) return false;
    return baseWeight(row.health, this.#policy, former.base) !== former.base;
  }

  /** Whether a claim had become too old to speak for anybody, or older than the writer, so that the same claim is news. */
  #lapsed(was: HealthState, now: HealthState): boolean {
    const [old, fresh] = [was.claimed, now.claimed];
    if (old === null || fresh === null) return false;
    const since = this.#memory.writerSince ?? fresh.at;
    return old.at + this.#policy.witnessAgeMs < fresh.at || (old.at <= since && fresh.at > since);
  }

  /** Counts how long a target that the floor leaves out has been clearly better than one that it keeps. */
  #outdone(row: Row, policy: Policy, input: Observed): boolean {
    const { name } = row.target;
    const { kept } = this.#memory;
    if (kept.length === 0 || kept.includes(name) || row.verdict === null || row.target.part !== "member") return false;
    const out =
      input.seen.outcome === "warn"
        ? rivalry(
            row,
            kept.flatMap((one) => this.#rows.get(one) ?? []),
            this.#policy,
          )
        : null;
    const count = out === null ? 0 : (this.#rivals.get(name) ?? 0) + 1;
    this.#rivals.set(name, count);
    if (out === null || count < policy.fall) return false;
    this.#memory = { ...this.#memory, swap: { out, into: name } };
    return true;
  }

  /** Keeps the newest majority of the Sentinels at hand; true when it names another than the last, or the last had lapsed. */
  #noteAgreement(input: Observed): boolean {
    const agreement = input.seen.claim === null ? null : majority(input.seen.claim, input.at);
    if (agreement === null) return false;
    const was = this.#memory.agreement;
    this.#memory = { ...this.#memory, agreement };
    return was === null || was.says !== agreement.says || was.at + this.#policy.witnessAgeMs < input.at;
  }

  #ordered(name: string, override: Override | null): boolean {
    if (override === null) this.#overrides.delete(name);
    else this.#overrides.set(name, override);
    const row = this.#rows.get(name);
    if (row !== undefined) this.#rows.set(name, { ...row, override });
    return row !== undefined;
  }

  #heard(name: string, at: Ms): boolean {
    const { served, handoverUntil } = this.#memory;
    if (served !== name || handoverUntil === null || handoverUntil <= at) return false;
    this.#memory = { ...this.#memory, handoverUntil: at };
    return true;
  }

  #isSettled(at: Ms): boolean {
    if (this.#settleAt === null) return false;
    return at >= this.#settleAt || (this.#complete && this.#unseen === 0);
  }

  /** Before all is known nothing is decided: rows and healths are shown, verdicts are not. */
  #looking(matters: boolean): Applied {
    this.#wakeAt = this.#settleAt;
    if (matters) this.#view = this.#viewOf(this.#view.revision + 1);
    return { view: this.#view, changed: none, wakeAt: this.#wakeAt };
  }

  #decided(at: Ms): Applied {
    this.#expire(at);
    const before = this.#view.rows;
    const decision = decide({
      pool: this.#given.pool,
      now: at,
      policy: rulesAfter(this.#nap, this.#policy),
      members: [...this.#rows.values()],
      memory: this.#memory,
    });
    this.#rows = withVerdicts(this.#rows, decision.verdicts);
    if (decision.memory.kept.join() !== this.#memory.kept.join()) this.#rivals.clear();
    this.#memory = decision.memory;
    this.#known = new Map(Object.entries(decision.memory.targets));
    this.#alarms = decision.alarms;
    this.#wakeAt = this.#nap === null ? decision.wakeAt : Math.min(decision.wakeAt ?? this.#nap.until, this.#nap.until);
    this.#view = this.#viewOf(this.#view.revision + 1);
    return { view: this.#view, changed: changedNames(before, this.#rows), wakeAt: this.#wakeAt };
  }

  #expire(at: Ms): void {
    for (const [name, override] of this.#overrides) {
      if (override.until !== null && override.until <= at) this.#ordered(name, null);
    }
    const { served, handoverUntil } = this.#memory;
    if (this.#leaving === null || (this.#leaving === served && (handoverUntil === null || handoverUntil > at))) return;
    this.#letGo();
  }

  #letGo(): void {
    if (this.#leaving !== null) this.#rows.delete(this.#leaving);
    this.#leaving = null;
  }

  #viewOf(revision: number): PoolView {
    return {
      pool: this.#given.pool,
      group: this.#given.group,
      revision,
      policy: this.#policy,
      checks: this.#checks,
      rows: this.#rows,
      alarms: this.#alarms,
      memory: this.#memory,
      settled: this.#settled,
    };
  }
}
