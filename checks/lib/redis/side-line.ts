import type { LookupFunction } from "node:net";
import { describeError, type Env, type Ms, OwnFault } from "../../../src/index.ts";
import { endpoint } from "../reason.ts";
import { type Address, type Connection, openConnection } from "./connection.ts";
import type { Access } from "./options.ts";
import { type Answer, Refused } from "./refusal.ts";

/** After a failure nobody is bothered again for so long. */
const PAUSE_MS = 1000;

/** A kept connection to a server that is not judged itself: a Sentinel, or the master of a replica. */
export interface SideLine {
  /** Sends the commands in one write; null when there is no answer in time. Never throws: it must not fail a probe. */
  ask(commands: readonly (readonly string[])[]): Promise<Answer[] | null>;
  /** It lives, but refuses us: wrong password, missing rights. */
  readonly denied: boolean;
  close(): void;
}

/** Whom to ask beside the target, and how long it may take. */
export interface Side {
  readonly at: Address;
  /** What it is, for the log. */
  readonly what: string;
  readonly access: Access;
  readonly limitMs: Ms;
  readonly env: Env;
  readonly lookup: LookupFunction;
}

/** A side line that is connected at the first question, and again a while after a failure. */
export const sideLine = (side: Side): SideLine => new Line(side);

class Line implements SideLine {
  readonly #side: Side;
  #link: Connection | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #retryAt: Ms = 0;
  #trouble: string | null = null;
  #denied = false;
  #closed = false;

  constructor(side: Side) {
    this.#side = side;
  }

  /** One question after the other: an answer under way when something was announced may be the former one. */
  ask(commands: readonly (readonly string[])[]): Promise<Answer[] | null> {
    const mine = this.#turn.then(() => this.#question(commands));
    this.#turn = mine;
    return mine;
  }

  get denied(): boolean {
    return this.#denied;
  }

  close(): void {
    this.#closed = true;
    this.#drop();
  }

  async #question(commands: readonly (readonly string[])[]): Promise<Answer[] | null> {
    if (this.#closed || this.#side.env.clock.now() < this.#retryAt) return null;
    try {
      this.#link ??= await this.#open();
      const answers = await this.#link.ask(commands, null);
      this.#denied = answers.some(isDenial);
      this.#report(answers.find(isTrouble)?.message ?? null);
      return answers;
    } catch (error) {
      this.#drop();
      this.#denied = isDenial(error);
      this.#retryAt = this.#side.env.clock.now() + PAUSE_MS;
      this.#report(describeError(error));
      return null;
    }
  }

  async #open(): Promise<Connection> {
    const { at, access, lookup, limitMs } = this.#side;
    const dropped = (): void => {
      this.#link = null;
    };
    const made = await openConnection(at, { access, lookup, limitMs, dropped }, null);
    if (!this.#closed) return made;
    made.close();
    throw new Error("no longer asked");
  }

  #drop(): void {
    this.#link?.close();
    this.#link = null;
  }

  #report(trouble: string | null): void {
    if (trouble === this.#trouble || this.#closed) return;
    this.#trouble = trouble;
    const { what, at, env } = this.#side;
    if (trouble === null) env.log("info", `${what} ${endpoint(at)} answers again`);
    else env.log("warn", `${what} ${endpoint(at)}: ${trouble}`);
  }
}

/** Without a quorum a Sentinel answers NOQUORUM: that is news, not a fault of the question. */
const isTrouble = (answer: Answer): answer is Refused => answer instanceof Refused && answer.word !== "NOQUORUM";

const isDenial = (answer: unknown): boolean =>
  answer instanceof OwnFault || (answer instanceof Refused && answer.meaning === "ours");
