import type { Facts, Observation } from "../core/types.ts";
import { describeError, OwnFault } from "../errors.ts";
import type { DeadlineError } from "./deadline.ts";

// Failures of this host or process. EAGAIN and ENOMEM come from a fork that failed; a server gives neither.
const OWN = new Set([
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOBUFS",
  "EAGAIN",
  "EADDRNOTAVAIL",
  "ENETUNREACH",
  "ENETDOWN",
  "EAI_AGAIN",
  "EAI_FAIL",
  "EAI_MEMORY",
  "EAI_SYSTEM",
]);
const LONGEST_REASON = 200;
const OUTCOMES: ReadonlySet<unknown> = new Set(["pass", "warn", "fail", "unknown"]);
const NO_FACTS: Facts = {};
const TIMED_OUT: Facts = { timedOut: true };

/** Whether the name could not be resolved; that is our fault when it could before. */
export const isNameFailure = (error: unknown): boolean => someCode(error, (code) => code === "ENOTFOUND");

/** Whether a thrown error tells of ourselves and not of the server that was asked. */
export function isOwnFailure(error: unknown): boolean {
  if (error instanceof OwnFault) return true;
  return someCode(error, (code) => OWN.has(code)) || (error instanceof Error && isOwnFailure(error.cause));
}

/** What a thrown error says of the server; `resolved`: its name was found before. */
export function failureSeen(error: unknown, resolved: boolean): Observation {
  const own = isOwnFailure(error) || (resolved && isNameFailure(error));
  return nothingSeen(own ? "unknown" : "fail", describeError(error));
}

/** What it says when the time was up; `stalled`: our own process did not run, so nobody knows. */
export function timeoutSeen(deadline: DeadlineError, stage: unknown, stalled: boolean): Observation {
  if (stalled) return nothingSeen("unknown", "this process was stalled: the answer may have come in time");
  const said = stage instanceof Error ? describeError(stage) : "";
  const reason = said.includes(deadline.message) ? said : deadline.message;
  return { ...nothingSeen("fail", reason), facts: TIMED_OUT };
}

/** What a plug-in gave, made fit for one line; something that is no observation is our own fault. */
export function plainSeen(seen: Observation): Observation {
  if (typeof seen !== "object" || seen === null || !OUTCOMES.has(seen.outcome) || typeof seen.reason !== "string") {
    return nothingSeen("unknown", "the checker gave no observation");
  }
  const reason = oneLine(seen.reason);
  return reason === seen.reason ? seen : { ...seen, reason };
}

/** An observation of which only outcome and reason are known. */
export const nothingSeen = (outcome: Observation["outcome"], reason: string): Observation => ({
  outcome,
  reason: oneLine(reason),
  facts: NO_FACTS,
  weight: null,
  claim: null,
});

function someCode(error: unknown, is: (code: string) => boolean): boolean {
  // Every address of a name failed: the one that reached the server tells of the server.
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.every((one) => someCode(one, is));
  }
  return error instanceof Error && "code" in error && typeof error.code === "string" && is(error.code);
}

function oneLine(text: string): string {
  const line = /[\p{Cc}]/u.test(text) ? text.replace(/[\p{Cc}\s]+/gu, " ").trim() : text;
  return line.length <= LONGEST_REASON ? line : `${line.slice(0, LONGEST_REASON - 1)}…`;
}
