import type { Clock, Log, Ms } from "../src/index.ts";

const EVERY_MS: Ms = 60_000;
const MOST_TOPICS = 256;

/** Warns about the same topic at most once a minute, and says how often it was meant to. */
export class Warnings {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #topics = new Map<string, { quietUntil: Ms; held: number }>();

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /** `text` is only called when the line is written. */
  warn(topic: string, text: () => string): void {
    const now = this.#clock.now();
    const known = this.#topics.get(topic);
    if (known !== undefined && now < known.quietUntil) {
      known.held++;
      return;
    }
    // Whoever sends a new name each time must not fill memory or log: all further topics share one.
    if (known === undefined && this.#topics.size >= MOST_TOPICS && !this.#forget(now)) return;
    this.#topics.set(topic, { quietUntil: now + EVERY_MS, held: 0 });
    const more =
      known === undefined || known.held === 0 ? "" : ` (and ${known.held} times more since the last warning)`;
    this.#log("warn", `${text()}${more}`);
  }

  #forget(now: Ms): boolean {
    for (const [topic, { quietUntil }] of this.#topics) if (now >= quietUntil) this.#topics.delete(topic);
    return this.#topics.size < MOST_TOPICS;
  }
}
