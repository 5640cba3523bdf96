import type { Connection } from "./connection.ts";
import { type Answer, Refused } from "./refusal.ts";
import { numberOf, parseInfo, QUESTION, type ServerState, stateReader } from "./state.ts";

const CLUSTER = ["CLUSTER", "INFO"] as const;
const FIRST = [...QUESTION, ["INFO", "cluster"]] as const;
const OF_CLUSTER = [...QUESTION, CLUSTER] as const;
const PROGRESS = [["INFO", "persistence"]] as const;

/** Asks one server for its state; what a connection taught (is cluster on?) is kept for the next question. */
export function interviewer(): (line: Connection, fresh: boolean, signal: AbortSignal) => Promise<ServerState> {
  const read = stateReader();
  let cluster = false;

  const first = async (line: Connection, signal: AbortSignal): Promise<readonly Answer[]> => {
    const [ping, role, info, about] = await line.ask(FIRST, signal);
    cluster = typeof about === "string" && parseInfo(about).get("cluster_enabled") === "1";
    const more = cluster ? await line.ask([CLUSTER], signal) : [];
    return [ping, role, info, ...more];
  };
  return async (line, fresh, signal) => {
    const answers = await (fresh ? first(line, signal) : line.ask(cluster ? OF_CLUSTER : QUESTION, signal));
    const state = read(answers);
    return state.refuses?.word === "LOADING" ? explained(state, line, signal) : state;
  };
}

/** A loading server says how far it is, and an operator wants to know. */
async function explained(state: ServerState, line: Connection, signal: AbortSignal): Promise<ServerState> {
  const [info] = await line.ask(PROGRESS, signal);
  if (typeof info !== "string") return state;
  const fields = parseInfo(info);
  const left = numberOf(fields, "loading_eta_seconds");
  const progress = `LOADING its data set: ${fields.get("loading_loaded_perc") ?? "?"}%`;
  const text = left === null ? progress : `${progress}, about ${left}s to go`;
  return { ...state, refuses: new Refused(text, "cannot serve", false) };
}
