// Opens a checker's probe as the engine would, and asks it until it shows what a test waits for.
import { expect } from "vitest";
import type { Checker, Env, Probe } from "../../src/contract.ts";
import type { Observation, Target } from "../../src/core/types.ts";
import { createClock } from "../../src/engine/clock.ts";
import { question } from "../contract/checker-bench.ts";
import { until } from "../servers/process.ts";

export const clock = createClock((error) => {
  throw error;
});

/** What a checker is given. */
export const testEnv: Env = {
  clock,
  log: () => {},
  registry: () => {
    throw new Error("this plug-in uses no registry");
  },
};

/** A probe of one server. */
export interface Asking {
  readonly probe: Probe;
  readonly hints: string[];
  /** One question; our own machine being slow is not what these tests are about. */
  ask(timeoutMs?: number): Promise<Observation>;
  /** Asks until the observation shows what is expected, or fails with the last one. */
  see(expected: Expected, timeoutMs?: number): Promise<Observation>;
  close(): Promise<void>;
}

/** Parts of an observation. */
export interface Expected {
  readonly outcome: Observation["outcome"];
  readonly reason?: RegExp;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** A target at a port of the loopback. */
export const targetAt = (port: number, part: Target["part"] = "member", host = "127.0.0.1"): Target => ({
  name: `t${port}`,
  host,
  port,
  meta: {},
  part,
});

/** Opens a probe of `checker` with options as they stand in a configuration. */
export function asking(checker: Checker, options: object, target: Target, env: Env = testEnv): Asking {
  const check = checker.create(checker.options.parse(options), env);
  const hints: string[] = [];
  const probe = check.open(target, (why) => hints.push(why));
  const ask = async (timeoutMs = 5000): Promise<Observation> => (await question(probe, timeoutMs)).seen;
  return {
    probe,
    hints,
    ask,
    see: async (expected, timeoutMs) => {
      const seen: Observation[] = [];
      const shown = async (): Promise<boolean> => {
        const last = await ask(timeoutMs);
        seen.splice(0, 1, last);
        return matches(last, expected);
      };
      await until("the expected observation", shown).catch(() => {});
      const [last] = seen;
      const { outcome, reason = /./, facts = {} } = expected;
      expect(last).toMatchObject({ outcome, reason: expect.stringMatching(reason), facts });
      if (last === undefined) throw new Error("no observation");
      return last;
    },
    close: async () => {
      await probe.close();
      await check.close();
    },
  };
}

function matches(seen: Observation, { outcome, reason, facts = {} }: Expected): boolean {
  const factsMatch = Object.entries(facts).every(([name, value]) => seen.facts[name] === value);
  return seen.outcome === outcome && factsMatch && (reason?.test(seen.reason) ?? true);
}
