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
  /** The target, as deliveries name it. */
  readonly about: string;
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

  /** A catalog that is away is said once, whatever the number of services. */
  async #round(signal: AbortSignal): Promise<void> {
    const view = this.#view;
    if (view === null) return;
    const about = fillPool(this.#given.service, view);
    let failed: readonly Failed[];
    try {
      failed = await this.#work(view, signal);
    } catch (error) {
      if (!signal.aborted) this.#report.failed(about, "", error);
      throw error;
    }
    if (signal.aborted) return;
    this.#report.recovered(about, `${this.#told.size} services`);
    for (const each of failed) this.#report.failed(each.about, "", each.error);
    if (failed[0] !== undefined) throw failed[0].error;
  }

  /** What could not be told, service by service; throws when the catalog is away. */
  async #work(view: PoolView, signal: AbortSignal): Promise<readonly Failed[]> {
    const now = this.#env.clock.now();
    if (now >= this.#lookAt) await this.#look(signal);
    const rows = [...view.rows.values()].filter(
      ({ target, verdict }) => target.part !== "reference" && verdict !== null,
    );
    const ids = new Set(rows.map((row) => fill(this.#given.id, row.target, view)));
    const gone = view.settled ? [...this.#told].filter(([id]) => !ids.has(id)) : [];
    // Down first: at no instant may the catalog show more than what serves.
    const ordered = rows.sort((a, b) => Number(passes(a)) - Number(passes(b)));
    const failed = await oneByOne([
      ...gone.map(([id, { about }]) => ({ about, act: () => this.#remove(id, signal) })),
      ...ordered.map((row) => ({ about: aboutOf(row, view), act: () => this.#tell(row, view, now, signal) })),
    ]);
    this.#loop.markAt(Math.min(now + this.#given.ttl / 3, this.#lookAt));
    return failed;
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

  /** False when there was nothing to tell. */
  async #tell(row: Row, view: PoolView, now: number, signal: AbortSignal): Promise<boolean> {
    const { target, verdict } = row;
    if (verdict === null) return false;
    const id = fill(this.#given.id, target, view);
    const passing = passes(row);
    // Before the pool is settled what was passing is only kept alive, so that its TTL does not run out over a restart.
    if (!view.settled && !passing) return false;
    const last = this.#told.get(id);
    // A reason that changes while the state does not can wait for the next heartbeat.
    if (last?.passing === passing && now - last.at < this.#given.ttl / 3 - 1) return false;
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
    const about = aboutOf(row, view);
    this.#told.set(id, { name: shape.name, about, at: now, passing });
    this.#report.synced(about, passing ? "passing" : "critical", words);
    return true;
  }

  async #remove(id: string, signal: AbortSignal): Promise<boolean> {
    await this.#catalog.remove(id, signal);
    this.#told.delete(id);
    return true;
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

const aboutOf = ({ target }: Row, { pool }: PoolView): string => `${pool}/${target.name}`;

interface Failed {
  readonly about: string;
  readonly error: unknown;
}

/** Does everything, whatever fails; throws when two in a row find nobody to talk to, as the others would too. */
async function oneByOne(
  steps: readonly { readonly about: string; readonly act: () => Promise<boolean> }[],
): Promise<readonly Failed[]> {
  const failed: Failed[] = [];
  let told = 0;
  let inRow = 0;
  for (const { about, act } of steps) {
    try {
      if (!(await act())) continue;
      told += 1;
      inRow = 0;
    } catch (error) {
      failed.push({ about, error });
      inRow = isAway(error) ? inRow + 1 : 0;
      if (inRow > 1) throw error;
    }
  }
  if (inRow > 0 && told === 0 && failed.length === 1) throw failed[0]?.error;
  return failed;
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
