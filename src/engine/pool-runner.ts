import type { PoolSettings } from "../config/settings.ts";
import { createPool } from "../core/pool.ts";
import type {
  Alarm,
  HealthState,
  Input,
  Ms,
  Observation,
  Override,
  Pool,
  PoolView,
  Target,
  Trigger,
} from "../core/types.ts";
import { Inquiry } from "./inquiry.ts";
import { envOf, type Inside, tell } from "./inside.ts";
import type { Shelf } from "./journal.ts";
import { sameTargets } from "./membership.ts";
import { closeChecks, type KeyedCheck, openChecks } from "./open-checks.ts";
import { PoolPress } from "./pool-press.ts";
import { PoolSources } from "./pool-sources.ts";
import type { Remembered } from "./remembered.ts";
import { WatchedTarget } from "./watched-target.ts";

/** What a pool begins with. */
export interface Beginning {
  readonly remembered: Remembered | null;
  /** Orders that stand, by target. */
  readonly orders: Iterable<readonly [string, Override]>;
  /** The process has just begun, so first probes are spread. */
  readonly starting: boolean;
}

/** One pool at work: makes every Input that reaches it, and posts what comes of it. */
export class PoolRunner {
  readonly #inside: Inside;
  readonly #pool: Pool;
  readonly #press: PoolPress;
  readonly #sources: PoolSources;
  readonly #watched = new Map<string, WatchedTarget>();
  readonly #beginning: Beginning;
  #settings: PoolSettings;
  #checks: readonly KeyedCheck[] = [];
  #listed: readonly Target[] | null = null;
  #complete = false;
  #starting: boolean;
  #wake: { readonly at: Ms; readonly cancel: () => void } | null = null;
  #wakeAt: Ms | null = null;
  #askedOthersAt: Ms = Number.NEGATIVE_INFINITY;

  constructor(inside: Inside, settings: PoolSettings, beginning: Beginning) {
    const { name, group } = settings;
    const memory = beginning.remembered?.memory ?? null;
    this.#inside = inside;
    this.#settings = settings;
    this.#beginning = beginning;
    this.#starting = beginning.starting;
    this.#pool = createPool({ pool: name, group, memory });
    this.#sources = new PoolSources(
      {
        inside,
        listed: () => this.#relist(),
        failing: (target) => this.#failing(target),
        alarm: (key, alarm) => this.#press.alarm(key, alarm),
      },
      settings,
    );
    this.#press = new PoolPress(inside, settings, this.#sources);
    tell(inside, (observer) => observer.began?.(name, group, memory));
  }

  get settings(): PoolSettings {
    return this.#settings;
  }

  /** Works by these settings from now on; what did not change goes on untouched. Throws before anything is changed. */
  async use(settings: PoolSettings): Promise<void> {
    const { clock, log } = this.#inside;
    const old = this.#checks;
    const known = this.#listed === null ? (this.#beginning.remembered?.memory.checks ?? []) : [];
    const checks = await openChecks(settings.checks, old, known, envOf(this.#inside));
    try {
      this.#sources.use(settings, this.#beginning.remembered?.lists ?? {});
    } catch (error) {
      await closeChecks(checks, old, clock, log);
      throw error;
    }
    this.#settings = settings;
    this.#press.settings = settings;
    this.#checks = checks;
    for (const [index, check] of checks.entries()) check.policy = settings.checks[index]?.policy ?? check.policy;
    const policies = checks.map(({ policy }) => policy);
    const names = checks.map(({ name }) => name);
    this.#apply({ at: clock.now(), kind: "configured", policy: settings.policy, checks: policies, names });
    if (this.#listed === null) for (const [target, override] of this.#beginning.orders) this.ordered(target, override);
    const before = [...this.#watched.values()];
    this.#relist();
    const staying = before.filter((watched) => this.#watched.get(watched.target.name) === watched);
    for (const watched of staying) this.#reopen(watched, old, null);
    await closeChecks(old, checks, clock, log);
  }

  /** Asks about a target now; resolves when no change is pending, at once for a name or a pool without probes. */
  refresh(target: string, by: Trigger): Promise<void> {
    return this.#watched.get(target)?.refresh(by) ?? Promise.resolve();
  }

  ordered(target: string, override: Override | null): void {
    this.#apply({ at: this.#inside.clock.now(), kind: "ordered", target, override });
  }

  heard(target: string): void {
    this.#apply({ at: this.#inside.clock.now(), kind: "heard", target });
  }

  /** An order without an end stands for long; null: no longer. */
  reminded(target: string, text: string | null): void {
    this.#press.alarm(`order ${target}`, text === null ? null : { code: "order-without-end", text, target });
  }

  /** An outlet begins, changes or, with null, ends an alarm. */
  alarm(key: string, alarm: Alarm | null): void {
    this.#press.alarm(key, alarm);
  }

  has(target: string): boolean {
    return this.#watched.has(target);
  }

  /** Whether a target at this address came after that time. */
  gained({ host, port, part }: Target, after: Ms): boolean {
    for (const { since, target } of this.#watched.values()) {
      if (since > after && target.host === host && target.port === port && target.part === part) return true;
    }
    return false;
  }

  /** Looks again at targets that are held although their source names them no more. */
  recheck(): void {
    this.#sources.recheck();
  }

  /** Stops asking; the last view stays on the board. */
  async close(): Promise<void> {
    const { clock, log } = this.#inside;
    this.#wake?.cancel();
    this.#wake = null;
    const watched = [...this.#watched.values()];
    this.#watched.clear();
    await Promise.all([this.#sources.close(), ...watched.map((one) => one.close())]);
    await closeChecks(this.#checks, [], clock, log);
  }

  #relist(): void {
    const targets = this.#sources.targets();
    const complete = this.#sources.complete;
    if (this.#listed !== null && complete === this.#complete && sameTargets(this.#listed, targets)) return;
    this.#listed = targets;
    this.#complete = complete;
    const now = this.#inside.clock.now();
    this.#closeOthers(targets);
    this.#apply({ at: now, kind: "listed", targets, complete });
    const fresh = targets.filter(({ name }) => !this.#watched.has(name));
    const crowd = this.#starting ? fresh.length : null;
    for (const target of fresh) this.#open(target, crowd, now);
    if (complete) this.#starting = false;
    if (fresh.length > 0) this.#inside.grown(this.#settings.name);
  }

  #closeOthers(targets: readonly Target[]): void {
    const listed = new Map(targets.map((target) => [target.name, target]));
    for (const [name, watched] of this.#watched) {
      const target = listed.get(name);
      if (target !== undefined && sameTargets([target], [watched.target])) continue;
      this.#watched.delete(name);
      void watched.close();
      if (target === undefined) this.#inside.journal.left(`${this.#settings.name}/${name}`);
    }
  }

  #open(target: Target, crowd: number | null, now: Ms): void {
    const { journal } = this.#inside;
    const { name } = this.#settings;
    journal.came(`${name}/${target.name}`);
    const since = crowd === null ? now : Number.NEGATIVE_INFINITY;
    const watched = new WatchedTarget(target, since, journal.shelf(name, target.name));
    this.#watched.set(target.name, watched);
    this.#reopen(watched, [], crowd);
  }

  /** Gives a target an inquiry for every check; those of checks that stayed go on, wherever they stood among the `old` ones. */
  #reopen(watched: WatchedTarget, old: readonly KeyedCheck[], crowd: number | null): void {
    const inquiries = this.#checks.map((check) => {
      const running = watched.inquiry(old.indexOf(check));
      return running ?? this.#inquiry(watched, check, crowd);
    });
    watched.arrange(inquiries);
    watched.replan();
  }

  #inquiry(watched: WatchedTarget, check: KeyedCheck, crowd: number | null): Inquiry {
    const { clock, watch, log, firstDue } = this.#inside;
    const { name } = watched.target;
    const given = {
      clock,
      watch,
      log,
      id: `${this.#settings.name}/${name}`,
      observed: (by: Trigger, tookMs: Ms, seen: Observation) => this.#observed(watched, check, by, tookMs, seen),
      calmed: () => watched.calmed(),
    };
    return new Inquiry(given, check, watched.target, firstDue.of(check.policy.everyMs, crowd));
  }

  #observed(watched: WatchedTarget, open: KeyedCheck, by: Trigger, tookMs: Ms, seen: Observation): boolean {
    const at = this.#inside.clock.now();
    const target = watched.target.name;
    const check = this.#checks.indexOf(open); // its place may have changed
    const view = this.#apply({ at, kind: "observed", target, check, by, tookMs, seen }, watched.shelf);
    if (seen.outcome === "fail") this.#sources.recheck();
    const health = view.rows.get(target)?.health[check];
    if (seen.outcome === "warn" && health !== undefined && beginsToWarn(health, at)) this.#askOthers(target, at);
    return health?.pending ?? false;
  }

  /** What one begins to warn of may have reached them all (their primary has died): the pool is to know before it acts. */
  #askOthers(than: string, at: Ms): void {
    const everyMs = Math.max(...this.#checks.map(({ policy }) => policy.everyMs));
    if (this.#settings.policy.role !== "readers" || at < this.#askedOthersAt + everyMs) return;
    this.#askedOthersAt = at;
    for (const [name, watched] of this.#watched) if (name !== than) void watched.refresh("request");
  }

  #failing(target: string): boolean {
    const health = this.#press.raw?.rows.get(target)?.health ?? [];
    return health.some(({ state, last }) => state === "down" || last?.outcome === "fail");
  }

  #apply(input: Input, shelf: Shelf | null = null): PoolView {
    const { view, changed, wakeAt } = this.#pool.apply(input);
    this.#press.print(input, shelf, view, changed);
    this.#wakeAt = wakeAt;
    if (wakeAt !== null && (this.#wake === null || wakeAt < this.#wake.at)) this.#planWake(wakeAt);
    return view;
  }

  #planWake(at: Ms): void {
    this.#wake?.cancel();
    this.#wake = { at, cancel: this.#inside.clock.at(at, () => this.#woken()) };
  }

  // The time of the next change moves with every decision; the timer is only looked at when it comes.
  #woken(): void {
    this.#wake = null;
    const now = this.#inside.clock.now();
    if (this.#wakeAt === null) return;
    if (this.#wakeAt > now) this.#planWake(this.#wakeAt);
    else this.#apply({ at: now, kind: "woken" });
  }
}

/** The first of the warnings that make it unfit, or the one that does. */
function beginsToWarn({ good, state, since }: HealthState, at: Ms): boolean {
  return good.streak === -1 || (state === "degraded" && since === at);
}
