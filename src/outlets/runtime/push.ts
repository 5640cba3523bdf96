import { networkInterfaces } from "node:os";
import type { OutletEnv } from "../../contract.ts";
import type { PoolView, Row } from "../../core/types.ts";
import type { HaproxyClient } from "../../haproxy/client.ts";
import { isDown, type ServerSeen } from "../../haproxy/server.ts";
import { createLoop, type Loop } from "../loop.ts";
import { type Reporter, reporter } from "../publish/report.ts";
import { fill } from "../publish/template.ts";

/** One socket to which downs are pushed. */
export interface PushOptions {
  readonly backend: string;
  readonly server: string;
}

/** While a poll that was in flight may still bring an older answer. */
const LOOK_AGAIN_MS = 25;
const LOOK_MS = 2000;

const isLocal = (address: string): boolean => {
  if (address === "0.0.0.0" || address === "::" || address.startsWith("127.") || address === "::1") return true;
  return Object.values(networkInterfaces()).some((each) => each?.some((one) => one.address === address) === true);
};

/** Whether HAProxy asks this daemon about this server: only those may be told. */
export function isOurs(server: ServerSeen, ports: readonly number[]): boolean {
  // Without agent-addr HAProxy asks at the server's own address (configuration manual, agent-addr).
  return server.agentConfigured && ports.includes(server.agentPort) && isLocal(server.agentAddress ?? server.host);
}

/** Tells one socket at once what the agent would tell it at its next poll: downs, and nothing else. */
export class DownPusher {
  readonly #client: HaproxyClient;
  readonly #options: PushOptions;
  readonly #env: OutletEnv;
  readonly #report: Reporter;
  readonly #loop: Loop;
  readonly #told: (target: string, state: "pending" | "down" | "away", shown: string | null) => void;
  readonly #notOurs = new Set<string>();
  #view: PoolView | null = null;

  constructor(
    client: HaproxyClient,
    options: PushOptions,
    env: OutletEnv,
    told: (target: string, state: "pending" | "down" | "away", shown: string | null) => void,
  ) {
    this.#client = client;
    this.#options = options;
    this.#env = env;
    this.#told = told;
    this.#report = reporter(env, "runtime");
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
    if (this.#downs(view).length > 0) this.#loop.mark();
  }

  look(): void {
    this.#loop.mark();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #downs(view: PoolView): readonly Row[] {
    return [...view.rows.values()].filter(
      ({ verdict, target }) => verdict?.state === "down" && target.part !== "reference",
    );
  }

  #failed(error: unknown): void {
    this.#report.failed(`${this.#options.backend} at ${this.#client.address}`, "down", error);
    if (this.#view !== null) for (const { target } of this.#downs(this.#view)) this.#told(target.name, "away", null);
  }

  async #work(signal: AbortSignal): Promise<void> {
    const view = this.#view;
    if (view === null || !view.settled) return;
    const downs = this.#downs(view);
    if (downs.length === 0) return;
    const servers = await this.#client.servers(this.#options.backend, signal);
    const push: string[] = [];
    let inFlight = false;
    for (const row of downs) {
      const server = this.#serverOf(row, view, servers);
      if (server === null) continue;
      // An operator's own maintenance stays; the server takes nothing either way.
      if (!isDown(server)) push.push(`set server ${server.backend}/${server.name} agent down`);
      const settled = isDown(server) && !server.agentAsking;
      inFlight ||= !settled;
      this.#told(row.target.name, settled ? "down" : "pending", server.status);
    }
    if (push.length > 0) await this.#client.change(push, signal);
    this.#loop.markAt(this.#env.clock.now() + (inFlight || push.length > 0 ? LOOK_AGAIN_MS : LOOK_MS));
  }

  #serverOf(row: Row, view: PoolView, servers: ReadonlyMap<string, ServerSeen>): ServerSeen | null {
    const name = fill(this.#options.server, row.target, view);
    const id = `${this.#options.backend}/${name}`;
    const server = servers.get(id);
    const ports = this.#env.agentPorts(row.target.name);
    if (server !== undefined && isOurs(server, ports)) {
      this.#notOurs.delete(id);
      return server;
    }
    if (!this.#notOurs.has(id)) {
      const why =
        server === undefined
          ? "there is no such server"
          : `its agent is ${server.agentAddress ?? server.host}:${server.agentPort}, which is not this daemon`;
      this.#env.log("warn", `${this.#client.address}: ${id} is not told of a down: ${why}`, { pool: view.pool });
    }
    this.#notOurs.add(id);
    return null;
  }
}
