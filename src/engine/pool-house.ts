import type { PoolSettings } from "../config/settings.ts";
import type { Part } from "../contract.ts";
import type { Alarm, Override, TargetId, Trigger } from "../core/types.ts";
import { type Inside, tell } from "./inside.ts";
import type { Piece } from "./parts.ts";
import { PoolRunner } from "./pool-runner.ts";

type Why = "exit" | "removed" | "replaced";

/** Gives the orders that stand in a pool, by target. */
export type Standing = (pool: string) => Iterable<readonly [string, Override]>;

/** All pools that run, each as a Part that is handed over when its settings change. */
export class PoolHouse {
  readonly inside: Inside;
  readonly #runners = new Map<string, PoolRunner>();
  /** Pools whose part was stopped to be replaced: they go on until the next part takes them over. */
  readonly #parked = new Set<string>();
  readonly #closing: Promise<void>[] = [];
  #begun = false;

  constructor(inside: (pools: Pick<Inside, "turnedUp" | "grown">) => Inside) {
    this.inside = inside({
      turnedUp: (pool, target, after) =>
        [...this.#runners].some(([name, runner]) => name !== pool && runner.gained(target, after)),
      grown: (pool) => {
        for (const [name, runner] of this.#runners) if (name !== pool) runner.recheck();
      },
    });
  }

  /** So many targets start with the process. */
  expect(pools: readonly PoolSettings[]): void {
    if (!this.#begun) this.inside.firstDue.expect(pools.reduce((sum, pool) => sum + pool.targets.length, 0));
  }

  /** A pool as a part: with other settings it takes over states, memory, and every probe that is still right. */
  piece(settings: PoolSettings, standing: Standing): Piece {
    const part: Part = {
      key: `pool ${settings.name} ${settings.key}`,
      start: async () => {
        await this.#start(settings, standing);
        return { stop: (why) => this.#stop(settings.name, why) };
      },
    };
    return { part, holds: [`pool:${settings.name}`] };
  }

  /** The parts are as they should be: what is still parked belongs to a change that was taken back. */
  async sweep(): Promise<void> {
    this.#begun = true;
    for (const name of [...this.#parked]) await this.#remove(name);
  }

  /** All connections of stopped pools are closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing);
  }

  refresh(id: TargetId, by: Trigger): Promise<void> {
    const [runner, target] = this.#find(id);
    return runner?.refresh(target, by) ?? Promise.resolve();
  }

  heard(id: TargetId): void {
    const [runner, target] = this.#find(id);
    runner?.heard(target);
  }

  ordered(id: TargetId, override: Override | null): void {
    const [runner, target] = this.#find(id);
    runner?.ordered(target, override);
  }

  reminded(id: TargetId, text: string | null): void {
    const [runner, target] = this.#find(id);
    runner?.reminded(target, text);
  }

  /** Begins, changes or, with null, ends an alarm of an outlet. */
  alarm(pool: string, key: string, alarm: Alarm | null): void {
    this.#runners.get(pool)?.alarm(key, alarm);
  }

  knows(id: TargetId): boolean {
    const [runner, target] = this.#find(id);
    return runner?.has(target) ?? false;
  }

  #find(id: TargetId): readonly [PoolRunner | undefined, string] {
    const slash = id.indexOf("/");
    return [this.#runners.get(id.slice(0, slash)), id.slice(slash + 1)];
  }

  async #start(settings: PoolSettings, standing: Standing): Promise<void> {
    const { name } = settings;
    const running = this.#runners.get(name);
    if (running !== undefined) {
      await running.use(settings);
      this.#parked.delete(name);
      return;
    }
    const remembered = await this.inside.store.load(name, new AbortController().signal);
    const runner = new PoolRunner(this.inside, settings, {
      remembered,
      orders: standing(name),
      starting: !this.#begun,
    });
    try {
      await runner.use(settings);
    } catch (error) {
      await runner.close();
      throw error;
    }
    this.#runners.set(name, runner);
  }

  async #stop(name: string, why: Why): Promise<void> {
    switch (why) {
      case "replaced":
        this.#parked.add(name);
        return;
      case "removed":
        return this.#remove(name);
      case "exit":
        // The last view stays: agents answer from it until they are stopped themselves. Nobody is asked from now on;
        // what is slow to close must not keep the other parts waiting.
        this.#closing.push(this.#runners.get(name)?.close() ?? Promise.resolve());
        return;
      default:
        return why satisfies never;
    }
  }

  async #remove(name: string): Promise<void> {
    const runner = this.#runners.get(name);
    this.#parked.delete(name);
    this.#runners.delete(name);
    await runner?.close();
    this.inside.board.remove(name);
    this.inside.journal.remove(name);
    tell(this.inside, (observer) => observer.ended?.(name));
  }
}
