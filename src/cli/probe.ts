import { findings } from "../config/issues.ts";
import { parseHostPort } from "../config/options.ts";
import type { Checker } from "../contract.ts";
import { defaultPoolPolicy } from "../core/policy.ts";
import { formatReply } from "../core/reply.ts";
import type { Observation, Target, Verdict } from "../core/types.ts";
import { createLoopWatch } from "../engine/loop-watch.ts";
import { Question } from "../engine/observe.ts";
import { bareEnv, processClock } from "./environment.ts";
import { EXIT, Exit } from "./exit.ts";
import { probeOptions } from "./probe-options.ts";
import { say } from "./say.ts";

/** What `checkd probe` was asked. */
export interface ProbeRequest {
  readonly type: string;
  readonly target: string;
  readonly opt: readonly string[];
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** The checker of a type; of all files only its own is loaded, as the others would cost more than the probe. */
async function checkerOf(type: string): Promise<Checker> {
  const own = await ownChecker(type);
  if (own !== undefined) return own;
  const [{ checkers }, { findChecker }] = await Promise.all([
    import("../../checks/index.ts"),
    import("../config/read/own-checker.ts"),
  ]);
  const problems: string[] = [];
  const report = (_: unknown, problem: string, hint: string | null = null): void => {
    const where = hint?.replace("the folder of this file", "the working directory");
    problems.push(where === undefined ? problem : `${problem} (${where})`);
  };
  const found = await findChecker({ folder: process.cwd(), plugins: { checkers }, report }, type, []);
  if (found === null) throw new Exit(EXIT.usage, problems.join("\n"));
  return found;
}

/** Checkers are in files of their name; undefined: the list must be asked. */
async function ownChecker(type: string): Promise<Checker | undefined> {
  if (!/^[a-z][a-z-]*$/.test(type)) return undefined;
  try {
    const file: Readonly<Record<string, Checker | undefined>> = await import(`../../checks/${type}.ts`);
    return Object.values(file).find((each) => each?.name === type);
  } catch {
    return undefined;
  }
}

function targetOf(text: string): Target {
  const address = parseHostPort(text);
  if (address === null) throw new Exit(EXIT.usage, `"${text}" is no target: write host:port`);
  return { name: text, ...address, meta: {}, part: "member" };
}

async function optionsOf({ options }: Checker, words: readonly string[]): Promise<unknown> {
  const given = await probeOptions(words);
  const parsed = options.safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = findings(parsed.error.issues, options, given).map(({ path, problem, hint }) => {
    const where = path.length === 0 ? "" : ` ${path.join(".")}`;
    return `--opt${where}: ${problem}${hint === null ? "" : ` (${hint})`}`;
  });
  throw new Exit(EXIT.usage, problems.join("\n"));
}

/** The line that HAProxy would be told of one observation, without rise and fall. */
export function lineOf(target: Target, seen: Observation, now: number): string {
  const state = seen.outcome === "pass" ? "up" : "down";
  const reason = seen.outcome === "pass" || seen.outcome === "fail" ? seen.reason : `${seen.outcome}: ${seen.reason}`;
  const verdict: Verdict = {
    id: `probe/${target.name}`,
    target,
    state,
    weight: seen.outcome === "pass" ? (seen.weight ?? 100) : 0,
    order: null,
    reason,
    since: now,
    observedAt: now,
    staleAt: Number.POSITIVE_INFINITY,
    chain: [],
  };
  // A percent is printed only where the server itself asked for one.
  const policy = { ...defaultPoolPolicy, haproxyWeight: seen.weight === null ? null : 100 };
  return formatReply({ target, health: [], override: null, verdict }, policy, now).line;
}

/** One probe: prints the agent line, or the observation as JSON. */
export async function probe({ type, target: address, opt, timeoutMs, json }: ProbeRequest): Promise<number> {
  const checker = await checkerOf(type);
  const target = targetOf(address);
  if (timeoutMs === 0) throw new Exit(EXIT.usage, "--timeout: must be longer than 0 (as 1s)");
  const options = await optionsOf(checker, opt);
  const clock = processClock(say);
  const check = checker.create(options, bareEnv(clock, say));
  const bound = check.open(target, () => {});
  const started = clock.now();
  const watch = createLoopWatch(clock, () => {});
  const seen = await new Promise<Observation>((done) => new Question(clock, watch, done).put(bound, timeoutMs));
  const tookMs = Math.round(clock.now() - started);
  process.stdout.write(
    json ? `${JSON.stringify({ type, target: address, tookMs, ...seen })}\n` : lineOf(target, seen, clock.now()),
  );
  // A probe that hangs has been told to stop; the process does not wait for what it may have left open.
  void bound.close().finally(() => check.close());
  return seen.outcome === "pass" ? EXIT.ok : EXIT.no;
}
