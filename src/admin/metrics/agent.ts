import type { Counter, Gauge, Registry } from "prom-client";
import type { Prom } from "./prom.ts";

/** What the agent has counted since start. */
export interface AgentCounts {
  readonly stats: {
    readonly open: number;
    readonly atOnce: number;
    readonly waited: number;
    readonly overdue: number;
    readonly abandoned: number;
    readonly unknownNames: number;
    readonly malformed: number;
    readonly notAllowed: number;
    readonly overLimit: number;
    readonly timedOut: number;
    readonly listenerErrors: number;
  };
  /** Peers that are answered at once because they hung up on late answers. */
  impatient(): readonly unknown[];
  /** Answers told, by pool. */
  answers(): ReadonlyMap<string, { readonly up: number; readonly down: number; readonly unchanged: number }>;
}

const HOW = ["atOnce", "waited", "overdue", "abandoned"] as const;
const REFUSED = ["notAllowed", "overLimit", "malformed", "timedOut"] as const;
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Metrics of the agent ports. */
export function agentMetrics(prom: Prom, registry: Registry, agent: AgentCounts): void {
  const { Counter: C, Gauge: G } = prom;
  const registers = [registry];
  const { stats } = agent;
  answerMetrics(prom, registers, agent);
  single(
    C,
    registers,
    "checkd_agent_unknown_names_total",
    "Polls for a name that is no target of ours.",
    () => stats.unknownNames,
  );
  single(
    C,
    registers,
    "checkd_agent_listener_errors_total",
    "Connections lost while they were accepted.",
    () => stats.listenerErrors,
  );
  gauge(G, registers, "checkd_agent_connections", "Connections open on agent ports.", () => stats.open);
  gauge(
    G,
    registers,
    "checkd_agent_impatient_peers",
    "Peers that hung up on late answers within ten minutes.",
    () => agent.impatient().length,
  );
}

function answerMetrics({ Counter: C }: Prom, registers: Registry[], agent: AgentCounts): void {
  new C({
    name: "checkd_agent_polls_total",
    help: "Polls answered, by pool and answer (unchanged: a line that changes nothing in HAProxy).",
    labelNames: ["pool", "answer"],
    registers,
    collect(this: Counter<"pool" | "answer">) {
      this.reset();
      for (const [pool, answers] of agent.answers())
        for (const [answer, count] of Object.entries(answers)) this.inc({ pool, answer }, count);
    },
  });
  byName(C, registers, {
    name: "checkd_agent_answers_total",
    help: "How polls were answered: at once from memory, after a probe (waited), when the wait was over (overdue), or not at all as the peer hung up (abandoned).",
    label: "how",
    read: () => HOW.map((how) => [snake(how), agent.stats[how]]),
  });
  byName(C, registers, {
    name: "checkd_agent_refused_total",
    help: "Connections and requests that got no answer about a target.",
    label: "why",
    read: () => REFUSED.map((why) => [snake(why), agent.stats[why]]),
  });
}

interface Named {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  readonly read: () => readonly (readonly [string, number])[];
}

/** A counter with one label. */
function byName(C: Prom["Counter"], registers: Registry[], { name, help, label, read }: Named): void {
  new C({
    ...{ name, help, labelNames: [label], registers },
    collect(this: Counter) {
      this.reset();
      for (const [value, count] of read()) this.inc({ [label]: value }, count);
    },
  });
}

/** A counter without labels that is read when it is asked for. */
export function single(
  C: Prom["Counter"],
  registers: Registry[],
  name: string,
  help: string,
  read: () => number,
): void {
  new C({
    ...{ name, help, registers },
    collect(this: Counter) {
      this.reset();
      this.inc(read());
    },
  });
}

/** A gauge without labels that is read when it is asked for. */
export function gauge(G: Prom["Gauge"], registers: Registry[], name: string, help: string, read: () => number): void {
  new G({
    ...{ name, help, registers },
    collect(this: Gauge) {
      this.set(read());
    },
  });
}
