import type { OutletEnv } from "../../contract.ts";
import type { PoolView, Row } from "../../core/types.ts";
import type { HaproxyClient } from "../../haproxy/client.ts";
import type { ServerSeen } from "../../haproxy/server.ts";
import { createLoop, type Loop } from "../loop.ts";
import { fill } from "../publish/template.ts";
import { type Compared, compareAgentServer } from "./agent-server.ts";
import { type Keeper, newsReporter, type Tell } from "./keeper.ts";
import { isOurs, localAddresses } from "./ours.ts";

/** The servers of one backend that ask our agent. */
export interface PushOptions {
  readonly backend: string;
  /** Name of a target's server: a template. */
  readonly server: string;
}

/** While a poll that was in flight may still bring an older answer. */
const LOOK_AGAIN_MS = 25;
const LOOK_MS = 2000;
/** What others did is said when it is still so at the second look: it may be half of something. */
const LOOKS_OF_DRIFT = 2;

/** Tells one socket at once what the agent would tell it at its next poll: downs, and nothing else. */
export class DownPusher implements Keeper {
  readonly #client: HaproxyClient;
  readonly #options: PushOptions;
  readonly #env: OutletEnv;
  readonly #tell: Tell;
  readonly #report: ReturnType<typeof newsReporter>;
  readonly #loop: Loop;
  readonly #about: string;
  readonly #strangers = new Set<string>();
  readonly #drift = new Map<string, { readonly error: string; readonly looks: number }>();
  #view: PoolView | null = null;

  constructor(client: HaproxyClient, options: PushOptions, env: OutletEnv, tell: Tell) {
    this.#client = client;
    this.#options = options;
    this.#env = env;
    this.#tell = tell;
    this.#about = `${options.backend} at ${client.address}`;
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

  look(): void {
    this.#loop.hurry();
  }

  moved(): void {
    this.#loop.mark();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  /** Nothing is ours here but what the agent says. */
  async release(): Promise<void> {}

  #failed(error: unknown): void {
    this.#report.failed(this.#about, "", error);
    const view = this.#view;
    if (view === null) return;
    for (const { target, verdict } of judged(view))
      this.#tell(view, target.name, {
        state: "failed",
        told: verdict.state,
        shown: null,
        error: `no answer of ${this.#client.address}`,
      });
  }

  async #work(signal: AbortSignal): Promise<void> {
    const view = this.#view;
    if (view === null || !view.settled) return;
    const rows = judged(view);
    const servers = rows.length === 0 ? new Map() : await this.#client.servers(this.#options.backend, signal);
    const local = localAddresses();
    const push: string[] = [];
    let unsure = false;
    for (const row of rows) {
      const server = this.#serverOf(row, view, servers, local);
      if (server === null) continue;
      const compared = compareAgentServer(row.verdict, server, view.policy);
      if (compared.push) push.push(`set server ${server.backend}/${server.name} agent down`);
      unsure ||= compared.push || (row.verdict.state === "down" && compared.state === "pending");
      this.#said(view, row, server, compared);
    }
    if (push.length > 0) await this.#client.change(push, signal);
    if (rows.length > 0) this.#report.synced(this.#about, "downs", null);
    this.#loop.markAt(this.#env.clock.now() + (unsure ? LOOK_AGAIN_MS : LOOK_MS));
  }

  #said(view: PoolView, { target }: Row, server: ServerSeen, { push: _, ...told }: Compared): void {
    this.#tell(view, target.name, told);
    const was = this.#drift.get(target.name);
    const id = `${server.backend}/${server.name} at ${this.#client.address}`;
    const said = was !== undefined && was.looks >= LOOKS_OF_DRIFT;
    if (told.error === null) {
      if (said) this.#env.log("info", `${id} is ${told.shown}, as it should be`, { pool: view.pool });
      this.#drift.delete(target.name);
      return;
    }
    const looks = was?.error === told.error ? was.looks + 1 : 1;
    this.#drift.set(target.name, { error: told.error, looks });
    if (looks === LOOKS_OF_DRIFT)
      this.#env.log("warn", `${id} is ${told.shown} although its verdict is ${told.told}: ${told.error}`, {
        pool: view.pool,
      });
  }

  #serverOf(
    row: JudgedRow,
    view: PoolView,
    servers: ReadonlyMap<string, ServerSeen>,
    local: ReadonlySet<string>,
  ): ServerSeen | null {
    const id = `${this.#options.backend}/${fill(this.#options.server, row.target, view)}`;
    const server = servers.get(id);
    if (server !== undefined && isOurs(server, this.#env.agentPorts(row.target.name), local)) {
      this.#strangers.delete(id);
      return server;
    }
    const why = server === undefined ? noSuchServer(servers) : strangeness(server);
    if (!this.#strangers.has(id))
      this.#env.log("warn", `${this.#client.address}: ${id} is not told of a down: ${why}`, { pool: view.pool });
    this.#strangers.add(id);
    const error = `${id} at ${this.#client.address}: ${why}`;
    this.#tell(view, row.target.name, {
      state: "failed",
      told: row.verdict.state,
      shown: server?.status ?? null,
      error,
    });
    return null;
  }
}

type JudgedRow = Row & { readonly verdict: NonNullable<Row["verdict"]> };

const judged = (view: PoolView): readonly JudgedRow[] =>
  [...view.rows.values()].filter((row): row is JudgedRow => row.verdict !== null && row.target.part !== "reference");

const FEW = 5;

function noSuchServer(servers: ReadonlyMap<string, ServerSeen>): string {
  const names = [...servers.values()].map(({ name }) => name);
  const some = `${names.slice(0, FEW).join(", ")}${names.length > FEW ? ", ..." : ""}`;
  return `there is no such server, there ${names.length === 1 ? "is" : "are"} ${some || "none"}: see runtime.server`;
}

const strangeness = (server: ServerSeen): string =>
  server.agentConfigured
    ? `its agent is ${server.agentAddress ?? server.host}:${server.agentPort}, which is not this daemon`
    : "it has no agent-check";
