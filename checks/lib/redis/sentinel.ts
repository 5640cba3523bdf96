import type { LookupFunction } from "node:net";
import { describeError, type Env } from "../../../src/index.ts";
import { endpoint } from "../reason.ts";
import { type Address, type Connection, openConnection } from "./connection.ts";
import type { SentinelGroup } from "./options.ts";
import type { Answer } from "./refusal.ts";
import { type SideLine, sideLine } from "./side-line.ts";

/** The channels that say something about who serves. */
const CHANNELS = ["+switch-master", "+sdown", "+odown"] as const;

/** One Sentinel: a connection for questions and one subscription. */
export interface Sentinel {
  readonly at: string;
  /** Sends the commands in one write; null when this Sentinel does not answer in time. */
  ask(commands: readonly (readonly string[])[]): Promise<Answer[] | null>;
  /** It lives, but refuses us: wrong password, missing rights. */
  readonly denied: boolean;
  close(): void;
}

/** Whether a message of a Sentinel is about the group of this name: it may watch others as well. */
export function concerns(channel: string, message: string, masterName: string): boolean {
  if (channel === "+switch-master") return message.startsWith(`${masterName} `);
  return message.startsWith(`master ${masterName} `) || message.includes(` @ ${masterName} `);
}

/** A Sentinel that is connected at the first question; `news` is told what it announces of this group. */
export const sentinel = (at: Address, watched: Watched): Sentinel => new Peer(at, watched);

/** What the Sentinels of one group have in common. */
export interface Watched {
  readonly group: SentinelGroup;
  readonly env: Env;
  readonly lookup: LookupFunction;
  readonly news: (what: string) => void;
}

class Peer implements Sentinel {
  readonly at: string;
  readonly #address: Address;
  readonly #watched: Watched;
  readonly #side: SideLine;
  #listening: Promise<Connection | null> | null = null;
  #closed = false;

  constructor(at: Address, watched: Watched) {
    this.at = endpoint(at);
    this.#address = at;
    this.#watched = watched;
    const { group, env, lookup } = watched;
    this.#side = sideLine({
      at,
      what: `${group.masterName}: Sentinel`,
      access: group.access,
      limitMs: group.timeoutMs,
      env,
      lookup,
    });
  }

  get denied(): boolean {
    return this.#side.denied;
  }

  async ask(commands: readonly (readonly string[])[]): Promise<Answer[] | null> {
    const answers = await this.#side.ask(commands);
    if (answers === null) this.#unsubscribe();
    else if (!this.#closed) this.#listening ??= this.#listen();
    return answers;
  }

  close(): void {
    this.#closed = true;
    this.#side.close();
    this.#unsubscribe();
  }

  #unsubscribe(): void {
    void this.#listening?.then((made) => made?.close());
    this.#listening = null;
  }

  /** The subscription; null when the Sentinel refuses one, which leaves the polling. */
  async #listen(): Promise<Connection | null> {
    const { group, env, lookup, news } = this.#watched;
    const dropped = (): void => {
      this.#listening = null;
    };
    try {
      const opening = { access: group.access, lookup, limitMs: group.timeoutMs, dropped };
      const made = await openConnection(this.#address, opening, null);
      if (this.#closed) made.close();
      else
        await made.listen(CHANNELS, (channel, message) => {
          if (concerns(channel, message, group.masterName)) news(`Sentinel ${this.at}: ${channel} ${message}`);
        });
      return made;
    } catch (error) {
      if (!this.#closed)
        env.log("warn", `${group.masterName}: Sentinel ${this.at} sends no events: ${describeError(error)}`);
      return null;
    }
  }
}
