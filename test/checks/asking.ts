import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Checker, Env, Observation, Target } from "../../src/index.ts";
import { question, testEnv } from "../contract/checker-bench.ts";
import { until } from "../servers/process.ts";

/** A probe of a test, its hints, and everything that was logged. */
export interface Asking {
  /** Asks once; a deadline that passes is the `fail` an engine would make of it. */
  ask(timeoutMs?: number): Promise<Observation>;
  readonly hints: string[];
  readonly logged: string[];
  close(): Promise<void>;
}

/** An Env that remembers what is logged. */
export function loggingEnv(logged: string[]): Env {
  return { ...testEnv(), log: (level, text) => void logged.push(`${level}: ${text}`) };
}

/** Opens probes of one check on several targets, as a pool does. */
export function openPool(
  checker: Checker,
  options: Readonly<Record<string, unknown>>,
  targets: readonly Partial<Target>[],
): readonly Asking[] {
  const logged: string[] = [];
  const check = checker.create(checker.options.parse(options), loggingEnv(logged));
  let left = targets.length;
  return targets.map((given, index) => {
    const target: Target = { name: `t${index}`, host: "127.0.0.1", port: 1, meta: {}, part: "member", ...given };
    const hints: string[] = [];
    const probe = check.open(target, (why) => hints.push(why));
    return {
      hints,
      logged,
      ask: async (timeoutMs = 5000) => (await question(probe, timeoutMs)).seen,
      async close() {
        await probe.close();
        left -= 1;
        if (left === 0) await check.close();
      },
    };
  });
}

/** Opens a probe of one target. */
export function openProbe(
  checker: Checker,
  options: Readonly<Record<string, unknown>>,
  target: Partial<Target>,
): Asking {
  const [asking] = openPool(checker, options, [target]);
  if (asking === undefined) throw new Error("no probe");
  return asking;
}

/** Stops a server as a hang does; resolves when all its threads stand still, which takes a moment after the signal. */
export async function freeze(server: { pid(): number; signal(name: NodeJS.Signals): void }): Promise<void> {
  server.signal("SIGSTOP");
  const tasks = `/proc/${server.pid()}/task`;
  const standing = (task: string): boolean => /^\d+ \(.*\) [Tt] /.test(readFileSync(`${tasks}/${task}/stat`, "utf8"));
  await until("the server to stand still", () => readdirSync(tasks).every(standing), 5000, 1);
}

/** Expects an outcome and a reason. */
export function expectSeen(seen: Observation, outcome: Observation["outcome"], reason: RegExp): void {
  expect(`${seen.outcome}: ${seen.reason}`).toMatch(new RegExp(`^${outcome}: .*${reason.source}`, reason.flags));
}
