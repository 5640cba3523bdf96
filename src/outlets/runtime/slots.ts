import type { OutletEnv } from "../../contract.ts";
import type { Ms, PoolView, Row } from "../../core/types.ts";
import { HaproxyError } from "../../haproxy/answer.ts";
import type { HaproxyClient } from "../../haproxy/client.ts";
import { createNames, type Names } from "../../haproxy/names.ts";
import { type Emptying, type Reconciled, reconcile, type Wanted } from "../../haproxy/reconcile.ts";
import type { ServerSeen } from "../../haproxy/server.ts";
import { writeStateFile } from "../../haproxy/state-file.ts";
import { createLoop, type Loop } from "../loop.ts";
import { type Reporter, reporter } from "../publish/report.ts";

/** One socket whose slots are kept as the board says. */
export interface SlotOptions {
  readonly backend: string;
  readonly slots: readonly string[];
  readonly drainForMs: Ms;
  readonly stateFile: string | null;
}

/** While sessions are being finished, and to see what others changed. */
const LOOK_EMPTYING_MS = 250;
const LOOK_MS = 2000;

/** What a target should do in HAProxy; null: nothing is known of it yet, so nothing is changed. */
function wantedOf({ target, verdict }: Row): Wanted | null {
  if (verdict === null || target.part === "reference") return null;
  const { name, host, port } = target;
  if (verdict.order === "drain") return { name, host, port, use: "drain", percent: 0 };
  const serves = verdict.state === "up" && verdict.order === null;
  return { name, host, port, use: serves ? "serve" : "off", percent: verdict.weight };
}

/** Keeps the owned slots of one socket equal to the board. */
export class SlotKeeper {
  readonly #client: HaproxyClient;
  readonly #options: SlotOptions;
  readonly #env: OutletEnv;
  readonly #report: Reporter;
  readonly #loop: Loop;
  readonly #about: string;
  #view: PoolView | null = null;
  #emptying: Emptying = new Map();
  readonly #names: Names;
  #lastState = "";
  #lastCommands = "";

  constructor(client: HaproxyClient, options: SlotOptions, env: OutletEnv) {
    this.#client = client;
    this.#options = options;
    this.#env = env;
    this.#about = `${options.backend} at ${client.address}`;
    this.#names = createNames(env.clock);
    this.#report = reporter(env, "runtime");
    this.#loop = createLoop({
      clock: env.clock,
      work: (signal) => this.#work(signal),
      failed: (error) => this.#report.failed(this.#about, "", error),
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
    this.#loop.mark();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #work(signal: AbortSignal): Promise<void> {
    const view = this.#view;
    if (view === null || !view.settled) return;
    const seen = await this.#seen(signal);
    const wanted = await this.#resolved([...view.rows.values()].map(wantedOf).filter((each) => each !== null));
    const { drainForMs, backend } = this.#options;
    const result = reconcile({
      backend,
      seen,
      wanted,
      emptying: this.#emptying,
      drainForMs,
      now: this.#env.clock.now(),
    });
    this.#emptying = result.emptying;
    if (result.commands.length > 0) await this.#change(result.commands, view, signal);
    else this.#tell(view, result, seen);
    await this.#keepState(signal);
    this.#loop.markAt(this.#env.clock.now() + (result.waiting.length > 0 ? LOOK_EMPTYING_MS : LOOK_MS));
  }

  /** HAProxy takes addresses only; a name that never resolved cannot serve yet. */
  async #resolved(wanted: readonly Wanted[]): Promise<Wanted[]> {
    const resolved = await Promise.all(
      wanted.map(async (each) => ({ ...each, host: await this.#names.addressOf(each.host) })),
    );
    return resolved.flatMap((each) => (each.host === null ? [] : [{ ...each, host: each.host }]));
  }

  async #change(commands: readonly string[], view: PoolView, signal: AbortSignal): Promise<void> {
    const text = commands.join("; ");
    const again = text === this.#lastCommands;
    if (again && this.#env.dryRun) return;
    this.#lastCommands = again ? "" : text;
    // Saying the same at once and for ever would be a storm: it becomes a failure, with growing pauses.
    if (again)
      throw new HaproxyError("refused", `${this.#client.address} does not keep what it is told: ${commands[0]}`);
    await this.#client.change(commands, signal);
    this.#env.log("info", `${this.#about}: ${commands.length} commands`, { pool: view.pool, first: commands[0] ?? "" });
    // What was said is looked at once more: only what HAProxy shows counts as told.
    this.#loop.mark();
  }

  async #seen(signal: AbortSignal): Promise<ServerSeen[]> {
    const servers = await this.#client.servers(this.#options.backend, signal);
    return this.#options.slots.map((name) => {
      const found = servers.get(`${this.#options.backend}/${name}`);
      if (found !== undefined) return found;
      throw new HaproxyError(
        "unknown",
        `${this.#client.address}: backend ${this.#options.backend} has no server ${name}: compare slots with its server lines`,
      );
    });
  }

  #tell(view: PoolView, { slots, homeless }: Reconciled, seen: readonly ServerSeen[]): void {
    const status = new Map(seen.map((slot) => [slot.name, slot.status]));
    for (const [name, slot] of slots) {
      const verdict = view.rows.get(name)?.verdict;
      this.#report.synced(`${view.pool}/${name}`, `${verdict?.state ?? "?"} in ${slot}`, status.get(slot) ?? null);
    }
    const missing = homeless.join(", ");
    if (missing !== "")
      this.#report.failed(
        this.#about,
        "",
        new Error(`no free slot for ${missing}: the backend has only ${this.#options.slots.length}`),
      );
    else
      this.#report.synced(
        this.#about,
        `${slots.size} of ${this.#options.slots.length} slots`,
        `${slots.size} of ${this.#options.slots.length} slots`,
      );
    this.#lastCommands = "";
  }

  async #keepState(signal: AbortSignal): Promise<void> {
    const { stateFile } = this.#options;
    if (stateFile === null) return;
    const text = await this.#client.state(signal);
    // The time since the last change grows with every look and is no reason to write.
    const essence = text.replace(/^((?:\S+ ){9})\S+/gm, "$1");
    if (essence === this.#lastState) return;
    await writeStateFile(stateFile, text);
    this.#lastState = essence;
  }

  /** Empties every slot. */
  async release(signal: AbortSignal): Promise<void> {
    const commands = this.#options.slots.map((name) => `set server ${this.#options.backend}/${name} state maint`);
    await this.#client.change(commands, signal);
  }
}
