import type { Connection } from "./connection.ts";
import { type Answer, Refused } from "./refusal.ts";
import { numberOf, parseInfo, QUESTION, readState, type ServerState } from "./state.ts";

const CLUSTER = ["CLUSTER", "INFO"] as const;

/** Asks one server for its state; what a connection taught (is cluster on?) is kept for the next question. */
export function interviewer(): (line: Connection, fresh: boolean, signal: AbortSignal) => Promise<ServerState> {
  let cluster = false;
  return async (line, fresh, signal) => {
    if (!fresh) return explained(await line.ask(cluster ? [...QUESTION, CLUSTER] : QUESTION, signal), line, signal);
    const [ping, role, info, about] = await line.ask([...QUESTION, ["INFO", "cluster"]], signal);
    cluster = typeof about === "string" && parseInfo(about).get("cluster_enabled") === "1";
    const more = cluster ? await line.ask([CLUSTER], signal) : [];
    return explained([ping, role, info, ...more], line, signal);
  };
}

/** A loading server says how far it is, and an operator wants to know. */
async function explained(answers: readonly Answer[], line: Connection, signal: AbortSignal): Promise<ServerState> {
  const state = readState(answers);
  if (state.refuses?.word !== "LOADING") return state;
  const [info] = await line.ask([["INFO", "persistence"]], signal);
  if (typeof info !== "string") return state;
  const fields = parseInfo(info);
  const left = numberOf(fields, "loading_eta_seconds");
  const progress = `LOADING its data set: ${fields.get("loading_loaded_perc") ?? "?"}%`;
  const text = left === null ? progress : `${progress}, about ${left}s to go`;
  return { ...state, refuses: new Refused(text, "cannot serve", false) };
}
