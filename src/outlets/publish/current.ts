import { z } from "zod";
import { defineOutlet, type Entry, type OutletEnv, type Part, type Registry } from "../../contract.ts";
import type { PoolView } from "../../core/types.ts";
import { RegistryError } from "../../errors.ts";
import type { Followed } from "../../registry/follow.ts";
import { hubOf } from "../../registry/hub.ts";
import { canonicalKey } from "../../registry/keys.ts";
import { createLoop, type Loop } from "../loop.ts";
import { choose } from "./choose.ts";
import { type CurrentShape, currentValues, names } from "./current-value.ts";
import { commonOptions, template } from "./options.ts";
import { REMOVAL_GRACE_MS, removeKeys } from "./removal.ts";
import { type Reporter, reporter } from "./report.ts";
import { fillPool } from "./template.ts";
import { createTruce } from "./truce.ts";

const options = z.strictObject({
  ...commonOptions,
  key: template("key to write, with `{pool}` and `{group}`; required"),
  proxyport: z
    .union([
      z.string().regex(/^\+\d{1,5}$/, "write +10050 to add to the target's port, or a number"),
      z.number().int().min(1).max(65535),
    ])
    .optional()
    .describe("adds `proxyport` to the value: `+10050` is the target's port plus 10050; default none"),
  values: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      'keys below `key` by name, such as `{ip: "{host}", port: "{port}"}`, instead of one JSON value; default none',
    ),
});

type Options = z.output<typeof options>;

const LOOKS = 5;

class CurrentPublication {
  readonly #env: OutletEnv;
  readonly #registry: Registry;
  readonly #shape: CurrentShape;
  readonly #report: Reporter;
  readonly #loop: Loop;
  readonly #template: string;
  readonly #onExit: Options["on_exit"];
  readonly #ended = new AbortController();
  readonly #truce = createTruce();
  #view: PoolView | null = null;
  /** The registry answers, and vouches for what it says. */
  #readable = false;
  /** Something was published here, by us or by whom we agreed with. */
  #published = false;
  /** How often the watch has told something. */
  #told = 0;
  /** What lies there; null: not known, or no longer since we wrote. */
  #found: ReadonlyMap<string, Entry> | null = null;

  constructor(given: Options, env: OutletEnv) {
    this.#env = env;
    this.#registry = env.registry(given.registry);
    this.#template = given.key;
    this.#onExit = given.on_exit;
    this.#shape = { proxyport: given.proxyport ?? null, values: given.values ?? null };
    this.#report = reporter(env, "publish-current");
    this.#loop = createLoop({
      clock: env.clock,
      work: (signal) => this.#work(signal),
      failed: (error) => this.#report.failed(this.#key, "", error),
    });
    env.board.follow((view) => {
      if (view.pool !== env.pool) return;
      this.#view = view;
      this.#loop.mark();
    }, this.#ended.signal);
    hubOf(this.#registry, { clock: env.clock, log: env.log, name: given.registry }).watch(
      this.#key,
      (now) => this.#see(now),
      this.#ended.signal,
    );
  }

  get #key(): string {
    return canonicalKey(fillPool(this.#template, this.#view ?? { pool: this.#env.pool, group: null }));
  }

  #see({ state, snapshot, error }: Followed): void {
    this.#told += 1;
    const isBack = !this.#readable && state === "current";
    this.#readable = state === "current";
    this.#found = state === "current" ? (snapshot?.entries ?? null) : null;
    // Last, because a failure is an alarm of the pool, whose new view is worked on at once.
    if (state !== "current" && state !== "waiting") this.#report.failed(this.#key, "", new Error(error ?? state));
    if (isBack) this.#loop.hurry();
    else this.#loop.mark();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const view = this.#view;
    // Nothing is written before the pool is settled, nor on top of something that was not read.
    if (view === null || !view.settled || !this.#readable) return;
    const key = this.#key;
    // After a write that failed the watch has no news: nothing may have changed.
    this.#found ??= (await this.#registry.read(key, null, signal)).entries;
    const found = this.#found;
    const choice = choose(view, (target) => names(target, key, this.#shape, view, found));
    const shown = found.get(key)?.value ?? null;
    if (choice.act === "wait") return this.#report.pending(key, "nobody serves: what is published stays");
    const wanted = currentValues(key, this.#shape, choice.target, view);
    const told = [...wanted.values()].join(" ");
    if (choice.act === "keep") {
      this.#truce.kept(found);
      this.#published = true;
      return this.#report.synced(key, told, shown);
    }
    const waitUntil = this.#truce.holdUntil(found, this.#env.clock.now());
    if (waitUntil !== null) {
      this.#report.failed(key, told, new Error("another writer undoes what is written here, one try in 10 s"));
      return this.#loop.markAt(waitUntil);
    }
    // Who lost a race looks again: the winner's choice may be as good.
    if (!(await this.#write(key, wanted, found, signal))) return this.#loop.mark();
    this.#report.synced(key, told, told);
    this.#env.log("info", `${key}: ${choice.target.name} is published`, { pool: view.pool, value: told });
  }

  /** False when somebody else was quicker, and what is there now is not what was wanted. */
  async #write(
    key: string,
    wanted: ReadonlyMap<string, string>,
    found: ReadonlyMap<string, Entry>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const ops = [...wanted].map(
      ([each, value]) =>
        ({ key: each, expect: found.get(each)?.version ?? "absent", session: null, put: value }) as const,
    );
    // Until the watch brings what we wrote, the old values must not be judged again.
    this.#found = null;
    this.#published = true;
    for (let from = 0; from < ops.length; from += this.#registry.maxOps) {
      const { conflicts } = await this.#registry.commit(ops.slice(from, from + this.#registry.maxOps), signal);
      if (conflicts.length > 0) return false;
    }
    this.#truce.wrote(wanted, this.#env.clock.now());
    const entries = await this.#look(key, signal);
    return [...wanted].every(([each, value]) => entries.get(each)?.value === value);
  }

  /** What lies there after a write. Read again when the watch has told of something meanwhile, which may be newer. */
  async #look(key: string, signal: AbortSignal): Promise<ReadonlyMap<string, Entry>> {
    for (let left = LOOKS; ; left -= 1) {
      const before = this.#told;
      const { entries } = await this.#registry.read(key, null, signal);
      this.#found = entries;
      if (this.#told === before || left <= 1) return entries;
    }
  }

  async stop(why: "exit" | "removed" | "replaced"): Promise<void> {
    const removes = this.#onExit === "remove" && why !== "replaced";
    const key = this.#key;
    await this.#loop.stop(removes ? REMOVAL_GRACE_MS : 0);
    this.#ended.abort(new RegistryError("unreachable", "the publication was stopped"));
    if (!removes || !this.#published) return;
    const { values } = this.#shape;
    const mine = values === null ? [key] : Object.keys(values).map((name) => `${key}/${name}`);
    await removeKeys(this.#registry, mine, this.#env);
  }
}

/** One value for the pool: sticks to the published target as long as it serves. */
export const current = defineOutlet({
  name: "publish-current",
  summary: "one JSON value in a registry that names one serving target, and stays as long as that serves",
  options,
  facts: {},
  create: (given, env): Part => ({
    key: `publish-current ${env.pool} ${given.registry} ${given.key}`,
    start: async () => {
      const publication = new CurrentPublication(given, env);
      return { stop: (why) => publication.stop(why) };
    },
  }),
});
