import { type Facts, type Observation, OwnFault } from "../../../src/index.ts";
import { observed, quoted } from "../reason.ts";
import { type AgentLine, parseAgentLine, saysNothing } from "./agent-line.ts";
import type { Ran } from "./child.ts";
import { parsePlugin } from "./nagios.ts";
import type { ExecOptions } from "./options.ts";

/** What a program's end says of the target; throws OwnFault when it says something of the program only. */
export function judgeRun(protocol: ExecOptions["protocol"], ran: Ran, facts: Facts): Observation {
  const all = { ...facts, exitCode: ran.code };
  switch (protocol) {
    case "agent":
      return byAgentLine(ran, all);
    case "nagios":
      return byPlugin(exitCode(ran), ran, all);
    case "exit":
      return byExit(exitCode(ran), ran, all);
    default:
      return protocol satisfies never;
  }
}

const firstLine = (text: string): string =>
  text
    .split(/[\r\n]/)
    .map((line) => line.trim())
    .find((line) => line !== "") ?? "";

const words = (ran: Ran): string => firstLine(ran.out) || firstLine(ran.err);

const withWords = (fact: string, ran: Ran): string => (words(ran) === "" ? fact : `${fact}: ${words(ran)}`);

function exitCode(ran: Ran): number {
  if (ran.overflow) throw new OwnFault("the program printed more than max_output and was killed");
  if (ran.code === null) throw new OwnFault(withWords(`the program was killed by ${ran.signal}`, ran));
  // A shell's own words for "not executable" and "not found".
  if (ran.code === 126 || ran.code === 127) throw new OwnFault(withWords(`the program failed, exit ${ran.code}`, ran));
  return ran.code;
}

function byExit(code: number, ran: Ran, facts: Facts): Observation {
  if (code === 0) return observed("pass", words(ran) || "exit 0", facts);
  return observed("fail", withWords(`exit ${code}`, ran), facts);
}

const PLUGIN = ["pass", "warn", "fail", "unknown"] as const;

function byPlugin(code: number, ran: Ran, facts: Facts): Observation {
  const outcome = PLUGIN[code];
  if (outcome === undefined) throw new OwnFault(withWords(`exit ${code} is none of a plugin's (0 to 3)`, ran));
  const { text, facts: measured } = parsePlugin(ran.out);
  return observed(outcome, text || firstLine(ran.err) || `exit ${code}`, { ...measured, ...facts });
}

function byAgentLine(ran: Ran, facts: Facts): Observation {
  const line = parseAgentLine(ran.out);
  if (ran.out === "") {
    exitCode(ran);
    throw new OwnFault(withWords("the program printed no agent line", ran));
  }
  if (saysNothing(line)) throw new OwnFault(`no word of an agent line in ${quoted(ran.out)}`);
  const all = { ...facts, maxconn: line.maxconn };
  const outcome = line.health === "down" || line.admin === "maint" ? "fail" : "pass";
  // Drained: it finishes what it has and gets nothing new, whatever weight stands beside it.
  const weight = line.admin === "drain" ? 0 : line.weight;
  return observed(outcome, agentReason(line), all, weight);
}

function agentReason({ text, health, admin, weight, unknown }: AgentLine): string {
  const said = [health, admin === "ready" ? null : admin, weight === null ? null : `${weight}%`];
  const summary = text || `the program says ${said.filter((each) => each !== null).join(" ") || "ready"}`;
  return unknown === null ? summary : `${summary} (not understood: ${quoted(unknown, 20)})`;
}
