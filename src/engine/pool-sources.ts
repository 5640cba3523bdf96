import type { Configured, PoolSettings } from "../config/settings.ts";
import type { Membership, Source, SourceKind } from "../contract.ts";
import type { Alarm, Ms, Target } from "../core/types.ts";
import { envOf, type Inside } from "./inside.ts";
import {
  emptyList,
  type Held,
  isServed,
  letGo,
  nameBy,
  namesakes,
  relist,
  type SourceList,
  unite,
} from "./membership.ts";
import { SourceRunner } from "./source-runner.ts";

/** What the sources of a pool tell it. */
export interface SourcesGiven {
  readonly inside: Inside;
  /** The united list may have changed. */
  listed(): void;
  /** Whether the last probe of a target failed. */
  failing(name: string): boolean;
  /** Begins or, with null, ends an alarm. */
  alarm(key: string, alarm: Alarm | null): void;
}

/** A server that moves may be listed in its new pool a little before it leaves the old one. */
const MOVE_MS: Ms = 10_000;

interface Joined {
  readonly runner: SourceRunner;
  list: SourceList;
  answered: boolean;
  cancelRelease: () => void;
}

interface Made {
  readonly key: string;
  readonly joined: Joined;
}

/** All sources of a pool and the lists they gave last. */
export class PoolSources {
  readonly #given: SourcesGiven;
  readonly #joined = new Map<string, Joined>();
  #settings: PoolSettings;

  constructor(given: SourcesGiven, settings: PoolSettings) {
    this.#given = given;
    this.#settings = settings;
  }

  /** Every source has answered since start. */
  get complete(): boolean {
    return [...this.#joined.values()].every((joined) => joined.answered);
  }

  /** The targets of the file and of all sources. */
  targets(): readonly Target[] {
    const lists = [...this.#joined.values()].map(({ list }) => [
      ...list.named,
      ...list.held.map((held) => held.target),
    ]);
    return unite(this.#settings.targets, lists);
  }

  /** The last list of each source, to be remembered. */
  lists(): Readonly<Record<string, readonly Target[]>> {
    return Object.fromEntries([...this.#joined].map(([key, { list }]) => [key, list.named]));
  }

  /** Starts new sources with their remembered lists, closes those that are gone, leaves equal keys alone. */
  use(settings: PoolSettings, remembered: Readonly<Record<string, readonly Target[]>>): void {
    const renamed = settings.nameTemplate !== this.#settings.nameTemplate;
    const made = settings.sources
      .filter(({ key }) => !this.#joined.has(key))
      .map((source) => this.#make(source, settings.name, remembered[source.key] ?? []));
    this.#settings = settings;
    const keys = new Set(settings.sources.map(({ key }) => key));
    for (const [key, joined] of this.#joined) if (!keys.has(key)) void this.#leave(key, joined);
    if (renamed) for (const { runner } of this.#joined.values()) runner.hint();
    for (const { key, joined } of made) this.#joined.set(key, joined);
    for (const { joined } of made) joined.runner.start();
  }

  /** Something happened that may speak against targets that are only held: a probe failed, another pool grew. */
  recheck(): void {
    for (const [key, joined] of this.#joined) if (joined.list.held.length > 0) this.#release(key, joined);
  }

  /** Asks no source any more; lists and alarms stay as they are. */
  async close(): Promise<void> {
    const joined = [...this.#joined.values()];
    for (const { cancelRelease } of joined) cancelRelease();
    await Promise.all(joined.map(({ runner }) => runner.close()));
  }

  async #leave(key: string, joined: Joined): Promise<void> {
    this.#joined.delete(key);
    joined.cancelRelease();
    for (const code of ["source", "refused", "shrunk"]) this.#given.alarm(`${code} ${key}`, null);
    await joined.runner.close();
  }

  #make({ kind, options, key }: Configured<SourceKind>, pool: string, named: readonly Target[]): Made {
    const { inside } = this.#given;
    const { clock, log } = inside;
    const make = (hint: () => void): Source => kind.create(options, { ...envOf(inside), pool, hint });
    const runner = new SourceRunner(make, {
      clock,
      log,
      name: `${pool}: source ${kind.name}`,
      listed: (membership) => this.#listed(key, kind.name, membership),
      failed: (why) => this.#given.alarm(`source ${key}`, alarmOf("source-away", `source ${kind.name}: ${why}`)),
    });
    const joined: Joined = { runner, list: { ...emptyList, named }, answered: false, cancelRelease: () => {} };
    return { key, joined };
  }

  #listed(key: string, kind: string, { targets, refused }: Membership): void {
    const joined = this.#joined.get(key);
    if (joined === undefined) return;
    const { name, group, nameTemplate, shrinkGuard } = this.#settings;
    const called = targets.map((target) => nameBy(nameTemplate, target, name, group));
    const named = unite([], [called]);
    joined.list = relist(joined.list, named, shrinkGuard, this.#given.inside.clock.now());
    joined.answered = true;
    this.#given.alarm(`source ${key}`, null);
    const left = [...refused, ...namesakes(called)].map(({ entry, why }) => `${entry} ${why}`).join("; ");
    this.#given.alarm(
      `refused ${key}`,
      left === "" ? null : alarmOf("entry-refused", `source ${kind} names what is no target: ${left}`),
    );
    this.#release(key, joined);
  }

  /** Lets held targets go that nothing speaks for, and shows what is left. */
  #release(key: string, joined: Joined): void {
    const { inside, failing } = this.#given;
    const now = inside.clock.now();
    joined.cancelRelease();
    const current = this.targets();
    const { name, shrinkGuard } = this.#settings;
    const moved = ({ target, until }: Held): boolean =>
      current.some((other) => isMoved(target, other)) ||
      inside.turnedUp(name, target, until - shrinkGuard.forMs - MOVE_MS);
    joined.list = letGo(joined.list, (held) => failing(held.target.name) || moved(held), now);
    const { held } = joined.list;
    const until = Math.min(...held.map((one) => one.until));
    if (held.length > 0) joined.cancelRelease = inside.clock.at(until, () => this.#release(key, joined));
    const names = held.map(({ target }) => target.name).join(", ");
    const text = `no longer named by the source, held as so many went at once: ${names}`;
    this.#given.alarm(`shrunk ${key}`, held.length === 0 ? null : alarmOf("list-shrunk", text));
    this.#given.listed();
  }
}

const alarmOf = (code: string, text: string): Alarm => ({ code, text, target: null });

/** Whether the server of a held target is listed under another name, also as one of another part: a replica that was promoted. */
const isMoved = (held: Target, other: Target): boolean =>
  other.name !== held.name &&
  other.host === held.host &&
  other.port === held.port &&
  isServed(other) === isServed(held);
