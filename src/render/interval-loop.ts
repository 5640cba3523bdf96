import type { Ms } from "../core/types.ts";
import { pause } from "../registry/follow.ts";
import type { Member } from "./member.ts";
import { Retries } from "./retry.ts";
import { renderRound } from "./round.ts";
import type { RoundEnv } from "./round-env.ts";

/**
 * Renders everything at once and after every interval, until the signal fires; what failed is tried again sooner.
 * `members` gives the resources of each round, which reads conf.d anew.
 */
export async function intervalLoop(members: () => readonly Member[], everyMs: Ms, env: RoundEnv): Promise<void> {
  const { clock, signal } = env;
  const retries = new Retries(clock);
  while (!signal.aborted) {
    const end = clock.now() + everyMs;
    let due = members();
    while (due.length > 0 && !signal.aborted) {
      const outcomes = await renderRound(due, env);
      const failed = [...outcomes].filter(([, { kind }]) => kind === "failed");
      const pauses = failed.map(([member, outcome]) => retries.pause(member, outcome) ?? everyMs);
      for (const [member, outcome] of outcomes) if (outcome.kind !== "failed") retries.pause(member, outcome);
      const next = clock.now() + Math.min(...pauses);
      due = next < end ? failed.map(([member]) => member) : [];
      if (due.length > 0) await pause(clock, next - clock.now(), signal);
    }
    await pause(clock, end - clock.now(), signal);
  }
}
