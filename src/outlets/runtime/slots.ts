import type { OutletEnv } from "../../contract.ts";
import type { Ms, PoolView } from "../../core/types.ts";
import { HaproxyError } from "../../haproxy/answer.ts";
import type { HaproxyClient } from "../../haproxy/client.ts";
import { createNames, type Names } from "../../haproxy/names.ts";
import { type Emptying, type Reconciled, reconcile } from "../../haproxy/reconcile.ts";
import { isAnyMaint, type ServerSeen } from "../../haproxy/server.ts";
import { createLoop, type Loop } from "../loop.ts";
import { type Keeper, newsReporter, type Tell } from "./keeper.ts";
import type { StateKeeper } from "./state.ts";
import { type WantedSlots, wantedSlots } from "./wanted.ts";

/** One socket whose slots are kept as the board says. */
export interface SlotOptions {
  readonly backend: string;
  readonly slots: readonly string[];
  readonly drainForMs: Ms;
  /** Hears that something was changed; null: no state file. */
  readonly state: StateKeeper | null;
}

/** While sessions are being finished. */
const LOOK_EMPTYING_MS = 250;
/** What others changed is told by the socket's watch; this is for what nobody told of, and for names, which may have other addresses by now. */
const LOOK_MS = 60_000;
const LOOK_AT_NAMES_MS = 10_000;
/** Draining an idle slot and freeing it, with news in between, takes no more looks than this. */
const MOST_ROUNDS = 5;

interface Look {
  readonly seen: readonly ServerSeen[];
  readonly missing: readonly string[];
  readonly wanted: WantedSlots;
  readonly result: Reconciled;
}

/** Keeps the owned slots of one socket equal to the board. */
export class SlotKeeper implements Keeper {
  readonly #client: HaproxyClient;
  readonly #options: SlotOptions;
  readonly #env: OutletEnv;
  readonly #tell: Tell;
  readonly #report: ReturnType<typeof newsReporter>;
  readonly #loop: Loop;
  readonly #about: string;
  readonly #names: Names;
  #view: PoolView | null = null;
  #emptying: Emptying = new Map();

  constructor(client: HaproxyClient, options: SlotOptions, env: OutletEnv, tell: Tell) {
    this.#client = client;
    this.#options = options;
    this.#env = env;
    this.#tell = tell;
    this.#about = `${options.backend} at ${client.address}`;
    this.#names = createNames(env.clock, () => this.#loop.mark());
    this.#report = newsReporter(env);
    this.#loop = createLoop({
      clock: env.clock,
      work: (signal) => this.#work(signal),
      failed: (error) => this.#failed(error),
      firstRetryMs: 50,
      longestRetryMs: 1000,
    });
  }

  see(view: PoolView): void {
    this.#view = view;
    this.#loop.mark();
  }

  /** HAProxy may have lost everything, or gained something. */
  look(): void {
    this.#loop.hurry();
  }

  moved(): void {
    this.#loop.mark();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #failed(error: unknown): void {
    this.#report.failed(this.#about, "", error);
    const view = this.#view;
    if (!(error instanceof HaproxyError) || error.kind !== "unreachable" || view === null) return;
    for (const { target, verdict } of view.rows.values())
      this.#tell(view, target.name, {
        state: "failed",
        told: verdict?.state ?? "",
        shown: null,
        error: `no answer of ${this.#client.address}`,
      });
  }

  async #work(signal: AbortSignal): Promise<void> {
    let last = "";
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const view = this.#view;
      if (view === null || !view.settled) return;
      const look = await this.#look(view, signal);
      const { commands } = look.result;
      if (commands.length === 0 || this.#env.dryRun) {
        await this.#client.change(commands, signal);
        this.#rest(view, look);
        return;
      }
      const text = commands.join("; ");
      // Saying the same for ever would be a storm: it becomes a failure, with growing pauses.
      if (text === last)
        throw new HaproxyError("refused", `${this.#client.address} does not keep what it is told: ${commands[0]}`);
      last = text;
      await this.#client.change(commands, signal);
      this.#options.state?.changed();
      this.#env.log("info", `${this.#about}: ${commands.length} commands`, {
        pool: view.pool,
        first: commands[0] ?? "",
      });
      // What was said is looked at once more: only what HAProxy shows counts as told.
    }
    this.#loop.mark();
  }

  async #look(view: PoolView, signal: AbortSignal): Promise<Look> {
    const { backend, drainForMs } = this.#options;
    // Sessions matter only where one waits for their end, and cost most of a look.
    const servers =
      this.#emptying.size > 0
        ? await this.#client.servers(backend, signal)
        : await this.#client.states(backend, signal);
    const found = this.#options.slots.map((name) => servers.get(`${backend}/${name}`) ?? name);
    const seen = found.filter((each) => typeof each !== "string");
    const missing = found.filter((each) => typeof each === "string");
    const now = this.#env.clock.now();
    const wanted = await wantedSlots(view, this.#names, now);
    const result = reconcile({
      backend,
      seen,
      wanted: wanted.wanted,
      incomplete: wanted.nameless.length > 0,
      emptying: this.#emptying,
      drainForMs,
      now,
    });
    this.#emptying = result.emptying;
    return { seen, missing, wanted, result };
  }

  #rest(view: PoolView, look: Look): void {
    this.#tellTargets(view, look);
    const trouble = troubleOf(look, this.#options);
    const { slots } = look.result;
    const count = `${slots.size} of ${look.seen.length} slots`;
    if (trouble === "") this.#report.synced(this.#about, count, count);
    else this.#report.failed(this.#about, count, new Error(trouble));
    this.#loop.markAt(this.#env.clock.now() + pauseAfter(look));
  }

  #tellTargets(view: PoolView, { seen, result }: Look): void {
    const byName = new Map(seen.map((slot) => [slot.name, slot]));
    for (const { target, verdict } of view.rows.values()) {
      if (verdict === null || target.part === "reference") continue;
      const name = result.slots.get(target.name);
      const slot = byName.get(name ?? "");
      const word = verdict.state === "up" ? `up ${verdict.weight}%` : "down";
      if (slot !== undefined)
        this.#tell(view, target.name, { state: "synced", told: `${word} in ${name}`, shown: slot.status, error: null });
      else if (result.homeless.includes(target.name))
        this.#tell(view, target.name, {
          state: "failed",
          told: word,
          shown: "no slot",
          error: "there is no free slot",
        });
      else this.#tell(view, target.name, { state: "synced", told: word, shown: "MAINT: in no slot", error: null });
    }
  }

  /** Empties every slot. */
  async release(signal: AbortSignal): Promise<void> {
    const { backend, slots } = this.#options;
    const servers = await this.#client.states(backend, signal);
    const taken = slots.filter((name) => {
      const slot = servers.get(`${backend}/${name}`);
      return slot !== undefined && !isAnyMaint(slot);
    });
    await this.#client.change(
      taken.map((name) => `set server ${backend}/${name} state maint`),
      signal,
    );
  }
}

function pauseAfter({ result, wanted }: Look): Ms {
  if (result.emptying.size > 0) return LOOK_EMPTYING_MS;
  return wanted.byName ? LOOK_AT_NAMES_MS : LOOK_MS;
}

/** What an operator must see to, in one line; empty when all is well. */
function troubleOf({ seen, missing, wanted, result }: Look, { backend }: SlotOptions): string {
  const troubles: string[] = [];
  const some = (names: readonly string[]): string =>
    `${names.slice(0, 5).join(", ")}${names.length > 5 ? ` and ${names.length - 5} more` : ""}`;
  if (missing.length > 0)
    troubles.push(`backend ${backend} has no server ${some(missing)}: compare slots with its server lines`);
  if (result.homeless.length > 0)
    troubles.push(
      `no free slot for ${some(result.homeless)}: the backend has only ${seen.length}: make server-template longer, and slots`,
    );
  if (wanted.nameless.length > 0) troubles.push(`does not resolve: ${some(wanted.nameless)}`);
  if (wanted.twins.length > 0) troubles.push(`at an address that another target has: ${some(wanted.twins)}`);
  return troubles.join("; ");
}
