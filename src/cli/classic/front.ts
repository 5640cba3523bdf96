import { setMaxListeners } from "node:events";
import type { Clock, Delivery, Entered, Log, Plugins, Registry } from "../../contract.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Observer } from "../../engine/inside.ts";
import { hubOf } from "../../registry/hub.ts";
import { type Address, stamped } from "./lines.ts";
import { type VerdictWords, verdictNews } from "./news.ts";
import { type Tag, TagFront } from "./tag-front.ts";
import { watchedRegistry } from "./watched-registry.ts";
import { watchSource } from "./watched-source.ts";

/** What a front shows and where. */
export interface FrontGiven {
  readonly tags: readonly Tag[];
  readonly words: VerdictWords;
  /** Kind of the source that is asked for the servers; null: they are listed. */
  readonly lister: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly print: (line: string) => void;
  /** Something changed that may decide the exit code. */
  readonly moved: () => void;
}

const isDelivery = (what: Entered["what"]): what is Delivery => "outlet" in what;

/** Shows an engine at work on some tags as the old tools showed theirs. */
export class Front {
  readonly #given: FrontGiven;
  readonly #fronts: ReadonlyMap<string, TagFront>;
  readonly #asks = new Map<string, () => void>();
  #away = false;

  constructor(given: FrontGiven) {
    this.#given = given;
    const voice = { say: (text: string) => this.#say(text), log: given.log, moved: () => this.#moved() };
    const listing = { state: given.lister === null ? "none" : "asking" } as const;
    this.#fronts = new Map(given.tags.map((tag) => [tag.tag, new TagFront(tag, listing, voice)]));
  }

  /** The plug-ins, so made that their lists are seen. */
  plugins(plugins: Plugins): Plugins {
    const { lister } = this.#given;
    if (lister === null) return plugins;
    return watchSource(plugins, lister, {
      made: (pool, ask) => this.#asks.set(pool, ask),
      listed: (pool, listing) => this.#fronts.get(pool)?.listed(listing),
    });
  }

  /** The registry, so made that what it has taken is said. */
  registry(registry: Registry): Registry {
    const tagOf = new Map(this.#given.tags.map(({ key, tag }) => [key, tag]));
    return watchedRegistry(registry, (key, value) => {
      // The edge where our own value comes back from the publication that wrote it.
      this.#fronts.get(tagOf.get(key) ?? "")?.wrote(JSON.parse(value) as Address);
    });
  }

  /** Says which servers may be published from now on, and which may not. */
  readonly observer: Observer = {
    changed: (pool, _target, was, now) => {
      const news = verdictNews(was, now, this.#given.words);
      if (news !== null) this.#given.log(news.level, `${pool}: ${news.text}`);
    },
  };

  /** Looks at an engine and at the registry that its outlets write to, until the signal fires. */
  follow(engine: Engine, registry: Registry, name: string, signal: AbortSignal): void {
    const { tags, clock } = this.#given;
    // A listener a tag is no leak.
    setMaxListeners(0, signal);
    engine.board.follow((view) => this.#fronts.get(view.pool)?.viewed(view), signal);
    engine.journal.follow(
      null,
      ({ pool, what }) => {
        if (isDelivery(what)) this.#fronts.get(pool)?.delivered(what);
      },
      signal,
    );
    const hub = hubOf(registry, { clock, log: () => {}, name });
    for (const { tag, key } of tags) hub.watch(key, (now) => this.#fronts.get(tag)?.followed(now), signal);
  }

  /** One round of all tags; who knows no healthy server has the primary asked for its slaves. */
  round(): void {
    for (const [tag, front] of this.#fronts) {
      front.round();
      if (front.atLoss) this.#asks.get(tag)?.();
    }
  }

  /** The exit code of `--once`: the worst of all tags; null while one of them is being found out. */
  get outcome(): number | null {
    const outcomes = [...this.#fronts.values()].map((front) => front.outcome);
    return outcomes.reduce((worst, one) => (worst === null || one === null ? null : Math.max(worst, one)), 0);
  }

  /** Whether the key of every tag has been looked for, found or not. */
  get knowsKeys(): boolean {
    return [...this.#fronts.values()].every((front) => front.knowsKey);
  }

  #say(text: string): void {
    this.#given.print(`${stamped(new Date(this.#given.clock.wall()), text)}\n`);
  }

  #moved(): void {
    const why = this.#trouble();
    if (why !== null && !this.#away) this.#given.log("warn", `${why}; nothing is changed, trying on`);
    if (why === null && this.#away) this.#given.log("info", "consul is back");
    this.#away = why !== null;
    this.#given.moved();
  }

  /** The first trouble that there is, with its tag where it is not everybody's. */
  #trouble(): string | null {
    const [tag, front] = [...this.#fronts].find(([, each]) => each.trouble !== null) ?? [];
    if (front === undefined) return null;
    return this.#fronts.size > 1 && front.isOwnTrouble ? `${tag}: ${front.trouble}` : front.trouble;
  }
}
