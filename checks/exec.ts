import { defineChecker, type Env, type Observation, OwnFault, type Probe, type Target } from "../src/index.ts";
import { onAbort, stopped } from "./lib/abort.ts";
import { type Child, type Program, type Ran, run } from "./lib/exec/child.ts";
import { argumentsOf, environmentOf } from "./lib/exec/environment.ts";
import { judgeRun } from "./lib/exec/judge-run.ts";
import { type ExecOptions, execOptions } from "./lib/exec/options.ts";
import { places } from "./lib/exec/places.ts";
import { quoted } from "./lib/reason.ts";

/** Runs a program of the user's and takes its exit status, or what it prints, for the answer. */
export const exec = defineChecker({
  name: "exec",
  summary: "runs a program: exit status, Nagios plugin, or agent-check line",
  options: execOptions,
  facts: {
    latencyMs: "from the start to the verdict, waiting for a place included, in milliseconds",
    exitCode: "exit status; null when the answer was complete before the end",
    maxconn: "what an agent line asks for; shown, not told on",
    "perf.LABEL": "performance data of a Nagios plugin; with a unit `perf.LABEL[UNIT]`",
  },
  create: (options, env) => ({ open: (target) => probe(options, env, target), close: async () => {} }),
});

/** How long `close` waits for a program that does not even obey KILL. */
const FAREWELL_MS = 1000;

function probe(options: ExecOptions, env: Env, target: Target): Probe {
  let child: Child | null = null;

  return {
    async ask(signal): Promise<Observation> {
      const since = env.clock.now();
      if (signal.aborted) throw stopped(signal, "not started");
      const program = programOf(options, target);
      if (child !== null) await ended(child, signal);
      const leave = await places.enter(options.max_children, signal);
      const running = begin(program, env, leave);
      child = running;
      void running.gone.then(() => {
        if (child === running) child = null;
      });
      const ran = await orAbort(running, signal);
      const latencyMs = Math.round((env.clock.now() - since) * 10) / 10;
      return judgeRun(options.protocol, ran, { latencyMs });
    },
    async close() {
      if (child === null) return;
      const last = child;
      last.kill();
      await new Promise<void>((resolve) => {
        const cancel = env.clock.at(env.clock.now() + FAREWELL_MS, resolve);
        void last.gone.then(cancel).then(resolve);
      });
    },
  };
}

function programOf(options: ExecOptions, target: Target): Program {
  const [file = "", ...args] = argumentsOf(options, target);
  // Of an agent only the first line is read, and HAProxy does not wait for its end either.
  const enough = options.protocol === "agent" ? (out: string) => /[\r\n]/.test(out) : null;
  const env = environmentOf(options, target);
  return { file, args, env, cwd: options.cwd, maxOutput: options.max_output, enough };
}

function begin(program: Program, env: Env, leave: () => void): Child {
  try {
    const child = run(program, env.clock);
    void child.gone.then(leave);
    return child;
  } catch (error) {
    leave();
    throw error;
  }
}

/** Two programs of one target never run at once: the former one is ended first, and waited for. */
async function ended(former: Child, signal: AbortSignal): Promise<void> {
  former.kill();
  let forget = (): void => {};
  const given = new Promise<never>((_resolve, reject) => {
    forget = onAbort(signal, () => {
      const why = `the former run of the program (pid ${former.pid}) is not dead yet`;
      reject(new OwnFault(why, { cause: signal.reason }));
    });
  });
  await Promise.race([former.gone, given]).finally(() => forget());
}

async function orAbort(child: Child, signal: AbortSignal): Promise<Ran> {
  let forget = (): void => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    forget = onAbort(signal, () => {
      const printed = child.printed();
      child.kill();
      const said = printed === "" ? "" : ` after it printed ${quoted(printed)}`;
      reject(stopped(signal, `the program did not end${said}`));
    });
  });
  return Promise.race([child.result, aborted]).finally(() => forget());
}
