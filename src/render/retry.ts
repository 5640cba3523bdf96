import type { Clock } from "../contract.ts";
import { backOff } from "../core/timing.ts";
import type { Ms } from "../core/types.ts";
import type { Member } from "./member.ts";
import type { Outcome } from "./outcome.ts";

const FIRST_MS: Ms = 1000;
const LONGEST_MS: Ms = 60_000;

/** When what failed or was held is tried again: after 1 s, then twice as long each time, 1 min at most. */
export class Retries {
  readonly #failures = new Map<Member, number>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How long to wait; null: nothing is to be tried again. */
  pause(member: Member, outcome: Outcome): Ms | null {
    if (outcome.kind === "held")
      return outcome.until === null ? null : Math.max(FIRST_MS, outcome.until - this.#clock.wall());
    if (outcome.kind !== "failed") {
      this.#failures.delete(member);
      return null;
    }
    const failures = this.#failures.get(member) ?? 0;
    this.#failures.set(member, failures + 1);
    return backOff(failures, FIRST_MS, LONGEST_MS, Math.random());
  }
}
