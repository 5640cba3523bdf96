import { z } from "zod";
import { duration } from "../../config/options.ts";
import { defineOutlet, type OutletEnv, type Part, type ServiceCatalog } from "../../contract.ts";
import type { PoolView, Row } from "../../core/types.ts";
import { describeError, RegistryError } from "../../errors.ts";
import { createLoop, type Loop } from "../loop.ts";
import { commonOptions, template } from "./options.ts";
import { type Reporter, reporter } from "./report.ts";
import { fill, fillPool } from "./template.ts";

const options = z.strictObject({
  ...commonOptions,
  service: template("name of the service, with `{pool}` and the others; default `{pool}`").default("{pool}"),
  id: template("id of a target's service, unique for the agent; default `{pool}-{name}`").default("{pool}-{name}"),
  tags: z.array(z.string()).default([]).describe("tags of the service, with placeholders; default none"),
  ttl: duration()
    .prefault("5m")
    .describe(
      "after so long without a word from checkd Consul calls the service critical; told three times in it; default 5m",
    ),
});

type Options = z.output<typeof options>;

/** How often the catalog is looked at: an agent that has forgotten a service, or was told otherwise, is told again. */
const LOOK_MS = 10_000;

interface Told {
  readonly name: string;
  readonly words: string;
  readonly at: number;
  readonly passing: boolean;
}

class ServicePublication {
  readonly #given: Options;
  readonly #env: OutletEnv;
  readonly #catalog: ServiceCatalog;
  readonly #report: Reporter;
  readonly #loop: Loop;
  readonly #ended = new AbortController();
  #view: PoolView | null = null;
  /** What was told of each service and when, so that only changes and heartbeats are. */
  readonly #told = new Map<string, Told>();
  #lookAt: number;

  constructor(given: Options, env: OutletEnv, catalog: ServiceCatalog) {
    this.#given = given;
    this.#env = env;
    this.#catalog = catalog;
    this.#report = reporter(env, "publish-service");
    this.#lookAt = env.clock.now() + LOOK_MS;
    this.#loop = createLoop({ clock: env.clock, work: (signal) => this.#round(signal), failed: () => {} });
    env.board.follow((view) => {
      if (view.pool !== env.pool) return;
      this.#view = view;
      this.#loop.mark();
    }, this.#ended.signal);
  }

  /** A catalog that cannot be reached is said once, and no service is tried after the first one. */
  async #round(signal: AbortSignal): Promise<void> {
    const view = this.#view;
    if (view === null) return;
    const about = fillPool(this.#given.service, view);
    try {
      await this.#work(view, signal);
      if (!signal.aborted) this.#report.recovered(about);
    } catch (error) {
      if (!signal.aborted && isAway(error)) this.#report.failed(about, "", error);
      throw error;
    }
  }

  async #work(view: PoolView, signal: AbortSignal): Promise<void> {
    const now = this.#env.clock.now();
    if (now >= this.#lookAt) await this.#look(signal);
    const rows = [...view.rows.values()].filter(
      ({ target, verdict }) => target.part !== "reference" && verdict !== null,
    );
    const ids = new Set(rows.map((row) => fill(this.#given.id, row.target, view)));
    const gone = view.settled ? [...this.#told.keys()].filter((id) => !ids.has(id)) : [];
    // Down first: at no instant may the catalog show more than what serves.
    const ordered = rows.sort((a, b) => Number(passes(a)) - Number(passes(b)));
    const failures: unknown[] = [];
    for (const id of gone) await this.#try(failures, id, "remove", () => this.#remove(id, signal));
    for (const row of ordered)
      await this.#try(failures, fill(this.#given.id, row.target, view), "tell", () =>
        this.#tell(row, view, now, signal),
      );
    if (signal.aborted) return;
    this.#loop.markAt(Math.min(now + this.#given.ttl / 3, this.#lookAt));
    if (failures.length > 0) throw failures[0];
  }

  async #try(failures: unknown[], id: string, told: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (isAway(error)) throw error;
      failures.push(error);
      this.#report.failed(id, told, error);
    }
  }

  /** What the catalog shows otherwise than it was told is due to be told again. */
  async #look(signal: AbortSignal): Promise<void> {
    for (const name of new Set([...this.#told.values()].map((told) => told.name))) {
      const { entries } = await this.#catalog.read(name, null, signal);
      for (const [id, told] of this.#told) {
        if (told.name === name && shownPassing(entries.get(id)?.value) !== told.passing)
          this.#told.set(id, { ...told, at: Number.NEGATIVE_INFINITY });
      }
    }
    this.#lookAt = this.#env.clock.now() + LOOK_MS;
  }

  async #tell(row: Row, view: PoolView, now: number, signal: AbortSignal): Promise<void> {
    const { target, verdict } = row;
    if (verdict === null) return;
    const id = fill(this.#given.id, target, view);
    const passing = passes(row);
    // Before the pool is settled what was passing is only kept alive, so that its TTL does not run out over a restart.
    if (!view.settled && !passing) return;
    const last = this.#told.get(id);
    // A reason that changes while the state does not can wait for the next heartbeat.
    if (last?.passing === passing && now - last.at < this.#given.ttl / 3 - 1) return;
    const words = `${verdict.state} ${verdict.weight}% ${verdict.reason}`;
    const { service, tags, ttl } = this.#given;
    const shape = {
      id,
      name: fill(service, target, view),
      host: target.host,
      port: target.port,
      tags: tags.map((tag) => fill(tag, target, view)),
      ttlMs: ttl,
    };
    await this.#catalog.tell(shape, passing, words, signal);
    this.#told.set(id, { name: shape.name, words, at: now, passing });
    this.#report.synced(id, passing ? "passing" : "critical", words);
  }

  async #remove(id: string, signal: AbortSignal): Promise<void> {
    await this.#catalog.remove(id, signal);
    this.#told.delete(id);
  }

  async stop(why: "exit" | "removed" | "replaced"): Promise<void> {
    this.#ended.abort();
    await this.#loop.stop();
    if (this.#given.on_exit === "keep" || why === "replaced") return;
    const ended = new AbortController();
    const cancel = this.#env.clock.at(this.#env.clock.now() + 1000, () => ended.abort());
    const results = await Promise.allSettled(
      [...this.#told.keys()].map((id) => this.#catalog.remove(id, ended.signal)),
    );
    cancel();
    for (const result of results)
      if (result.status === "rejected")
        this.#env.log("warn", `a service could not be removed: ${describeError(result.reason)}`);
  }
}

const isAway = (error: unknown): boolean => error instanceof RegistryError && error.kind !== "refused";

/** What the catalog shows of a service; null: it has none. */
function shownPassing(value: string | undefined): boolean | null {
  return value === undefined ? null : (JSON.parse(value) as { readonly status: string }).status === "passing";
}

const passes = ({ verdict }: Row): boolean =>
  verdict !== null && verdict.state === "up" && verdict.weight > 0 && verdict.order === null;

/** A catalog service a target, with a TTL check that says what checkd found. */
export const service = defineOutlet({
  name: "publish-service",
  summary: "a service of Consul's catalog for every target, passing while it serves",
  options,
  facts: {},
  create: (given, env): Part => ({
    key: `publish-service ${env.pool} ${given.registry} ${given.service}`,
    start: async () => {
      const { services } = env.registry(given.registry);
      if (services === null)
        throw new RegistryError(
          "refused",
          `registry ${given.registry} has no catalog of services; only Consul has one`,
        );
      const publication = new ServicePublication(given, env, services);
      return { stop: (why) => publication.stop(why) };
    },
  }),
});
